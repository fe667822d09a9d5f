import keras
import numpy as np
import pytest
from scipy import stats

from foveal.focus import CoverageRegularizer, EntropyRegularizer
from foveal.layers import SoftAttention

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")


def loss_of(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def test_entropy_regularizer_matches_scipy():
    assert loss_of(EntropyRegularizer(), WEIGHTS) == pytest.approx(
        stats.entropy(WEIGHTS, axis=-1).mean(), rel=1e-5
    )
    selected = loss_of(EntropyRegularizer(-0.5, heads=[1]), WEIGHTS)
    assert selected == pytest.approx(-0.5 * stats.entropy(WEIGHTS[:, 1], axis=-1).mean(), rel=1e-5)


def coverage_brute_force(weights):
    losses = []
    for rows in weights.reshape(-1, *weights.shape[-2:]):
        coverage = np.zeros(rows.shape[-1])
        for row in rows:
            losses.append(np.minimum(row, coverage).sum())
            coverage += row
    return np.mean(losses)


def test_coverage_regularizer_matches_loop():
    assert loss_of(CoverageRegularizer(), WEIGHTS) == pytest.approx(coverage_brute_force(WEIGHTS), rel=1e-5)


def test_coverage_regularizer_limits():
    assert loss_of(CoverageRegularizer(), np.eye(3)[None]) == 0
    repeated = np.tile([0.2, 0.8], (1, 4, 1))
    assert loss_of(CoverageRegularizer(), repeated) == pytest.approx(3 / 4)  # all but the first


@pytest.mark.parametrize("kind", [EntropyRegularizer, CoverageRegularizer])
def test_regularizers_ignore_inactive_and_masked_queries(kind):
    first_three = loss_of(kind(), WEIGHTS[:, :, :3])
    weights = WEIGHTS.copy()
    weights[:, :, 3] = 0
    assert loss_of(kind(), weights) == pytest.approx(first_three, rel=1e-5)
    mask = np.array([[True, True, True, False]] * 2)
    assert loss_of(kind(), WEIGHTS, query_mask=mask) == pytest.approx(first_three, rel=1e-5)
    assert loss_of(kind(), 0 * WEIGHTS) == 0


@pytest.mark.parametrize(("weight", "sharper"), [(1.0, True), (-1.0, False)])
def test_entropy_regularizer_changes_entropy_in_fit(weight, sharper):
    keras.utils.set_random_seed(0)
    query, value = keras.Input((3, 4)), keras.Input((5, 4))
    context, weights = SoftAttention("general")(query, value, return_attention_scores=True)
    model = keras.Model([query, value], EntropyRegularizer(weight)(context, weights))
    model.compile(keras.optimizers.Adam(0.1), loss=None, jit_compile=False)
    inputs = list(np.random.default_rng(1).normal(size=(2, 20, 5, 4)).astype("float32"))
    inputs[0] = inputs[0][:, :3]
    weights_model = keras.Model([query, value], weights)
    before = stats.entropy(weights_model.predict(inputs, verbose=0), axis=-1).mean()
    model.fit(inputs, epochs=15, verbose=0)
    after = stats.entropy(weights_model.predict(inputs, verbose=0), axis=-1).mean()
    assert (after < 0.6 * before) if sharper else (before < after <= np.log(5) + 1e-6)


@pytest.mark.parametrize("kind", [EntropyRegularizer, CoverageRegularizer])
def test_regularizers_config_round_trip(kind):
    restored = kind.from_config(kind(0.3, heads=[2, 1], average_heads=True, name="regularizer").get_config())
    assert (restored.weight, restored.heads, restored.average_heads, restored.name) == (
        0.3,
        [2, 1],
        True,
        "regularizer",
    )
