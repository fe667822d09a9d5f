import numpy as np
import pytest
from keras import ops
from scipy import stats

from foveal.focus import attention_losses, jensen_shannon
from foveal.focus.supervision.losses import entropy_loss, jensen_shannon_loss

RNG = np.random.default_rng(0)
WEIGHTS = RNG.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")  # batch 2, heads 3, queries 4, keys 5
GOLD = RNG.dirichlet(np.ones(5), (2, 1, 4)).astype("float32")
GOLD[1, :, 2:] = 0  # rows without gold

ROW_DIVERGENCES = {
    "cross_entropy": lambda w, g: -np.sum(g * np.log(w)),
    "kl": lambda w, g: np.sum(g * np.log(g / w)),
    "mass": lambda w, g: -np.log(np.sum(w * g / g.max())),
}


@pytest.mark.parametrize("divergence", ROW_DIVERGENCES)
def test_attention_losses_match_row_by_row_computation(divergence):
    losses, mask = (ops.convert_to_numpy(x) for x in attention_losses(WEIGHTS, 3 * GOLD, divergence))
    np.testing.assert_array_equal(mask, GOLD.any(axis=-1))
    for example, head, query in np.ndindex(2, 3, 4):
        gold = GOLD[example, 0, query]
        expected = ROW_DIVERGENCES[divergence](WEIGHTS[example, head, query], gold) if gold.any() else 0
        assert losses[example, head, query] == pytest.approx(expected, rel=1e-5)


def test_attention_losses_of_zero_weight_are_finite():
    losses, mask = attention_losses(np.zeros((1, 1, 1, 3)), np.ones((1, 1, 1, 3)))
    assert float(losses[0, 0, 0]) == pytest.approx(-np.log(1e-6), rel=1e-5)
    assert bool(mask[0, 0, 0])


def test_unknown_divergence_raises():
    with pytest.raises(ValueError, match=r"one of .*'kl'.* Received: divergence='none'"):
        attention_losses(WEIGHTS, GOLD, "none")


def test_entropy_loss_matches_scipy():
    entropies = ops.convert_to_numpy(entropy_loss(ops.convert_to_tensor(WEIGHTS)))
    np.testing.assert_allclose(entropies, stats.entropy(WEIGHTS, axis=-1), rtol=1e-5)
    assert float(entropy_loss(ops.zeros(4))) == 0


def test_jensen_shannon_loss_matches_numpy():
    other = RNG.dirichlet(np.ones(5), (2, 3, 4)).astype("float32")
    expected = jensen_shannon(WEIGHTS, other).mean(axis=(-2, -1))
    first, second = map(ops.convert_to_tensor, (WEIGHTS, other))
    losses = ops.convert_to_numpy(jensen_shannon_loss(first, second))
    np.testing.assert_allclose(losses, expected, rtol=1e-4)
