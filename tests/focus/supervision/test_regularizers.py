import keras
import numpy as np
import pytest
from scipy import stats

from foveal.focus import CoverageRegularizer, EntropyRegularizer
from foveal.layers import SoftAttention

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 4)).astype("float32")


def added(layer, *args, **kwargs):
    layer(np.zeros((2, 1)), *args, **kwargs)
    return float(layer.losses[0])


def test_the_entropy_is_scipys():
    assert added(EntropyRegularizer(), WEIGHTS) == pytest.approx(
        stats.entropy(WEIGHTS, axis=-1).mean(), rel=1e-5
    )
    one = added(EntropyRegularizer(-0.5, heads=[1]), WEIGHTS)
    assert one == pytest.approx(-0.5 * stats.entropy(WEIGHTS[:, 1], axis=-1).mean(), rel=1e-5)


def brute_coverage(weights):
    losses = []
    for rows in weights.reshape(-1, *weights.shape[-2:]):
        covered = np.zeros(rows.shape[-1])
        for row in rows:
            losses.append(np.minimum(row, covered).sum())
            covered += row
    return np.mean(losses)


def test_coverage_is_that_of_the_loop_in_the_paper():
    assert added(CoverageRegularizer(), WEIGHTS) == pytest.approx(brute_coverage(WEIGHTS), rel=1e-5)


def test_coverage_is_none_where_nothing_is_seen_twice_and_whole_where_all_is():
    assert added(CoverageRegularizer(), np.eye(3)[None]) == 0
    same = np.tile([0.2, 0.8], (1, 4, 1))
    assert added(CoverageRegularizer(), same) == pytest.approx(3 / 4)  # all but the first


@pytest.mark.parametrize("kind", [EntropyRegularizer, CoverageRegularizer])
def test_queries_that_look_nowhere_or_are_masked_do_not_count(kind):
    first_three = added(kind(), WEIGHTS[:, :, :3])
    weights = WEIGHTS.copy()
    weights[:, :, 3] = 0
    assert added(kind(), weights) == pytest.approx(first_three, rel=1e-5)
    mask = np.array([[True, True, True, False]] * 2)
    assert added(kind(), WEIGHTS, query_mask=mask) == pytest.approx(first_three, rel=1e-5)
    assert added(kind(), 0 * WEIGHTS) == 0


@pytest.mark.parametrize(("weight", "sharper"), [(1.0, True), (-1.0, False)])
def test_in_plain_fit_attention_becomes_sharper_or_broader(weight, sharper):
    keras.utils.set_random_seed(0)
    query, value = keras.Input((3, 4)), keras.Input((5, 4))
    seen, weights = SoftAttention("general")(query, value, return_attention_scores=True)
    model = keras.Model([query, value], EntropyRegularizer(weight)(seen, weights))
    model.compile(keras.optimizers.Adam(0.1), loss=None)
    inputs = list(np.random.default_rng(1).normal(size=(2, 20, 5, 4)).astype("float32"))
    inputs[0] = inputs[0][:, :3]
    told = keras.Model([query, value], weights)
    before = stats.entropy(told.predict(inputs, verbose=0), axis=-1).mean()
    model.fit(inputs, epochs=15, verbose=0)
    after = stats.entropy(told.predict(inputs, verbose=0), axis=-1).mean()
    assert (after < 0.6 * before) if sharper else (before < after <= np.log(5) + 1e-6)


@pytest.mark.parametrize("kind", [EntropyRegularizer, CoverageRegularizer])
def test_they_are_made_again_from_their_config(kind):
    made = kind.from_config(kind(0.3, heads=[2, 1], average_heads=True, name="mine").get_config())
    assert (made.weight, made.heads, made.average_heads, made.name) == (0.3, [2, 1], True, "mine")
