import numpy as np
import pytest

from foveal.focus.measures.attention_weights import normalize_weights, validate_weights

WEIGHTS = np.random.default_rng(0).random((2, 3, 4))


def test_normalize_weights_masks_and_normalizes():
    mask = np.array([True, True, False, True])
    weights, broadcast_mask = normalize_weights(WEIGHTS, mask)
    assert broadcast_mask.shape == WEIGHTS.shape
    np.testing.assert_allclose(weights, WEIGHTS * mask / (WEIGHTS * mask).sum(-1, keepdims=True))


def test_normalize_weights_of_empty_row_is_nan():
    weights, mask = WEIGHTS.copy(), np.ones((2, 3, 4), bool)
    weights[0, 1] = 0
    mask[1, 2] = False
    invalid = np.isnan(normalize_weights(weights, mask)[0]).all(axis=-1)
    assert invalid.tolist() == [[False, True, False], [False, False, True]]


@pytest.mark.parametrize(
    ("weights", "mask", "message"),
    [
        ([[0.5, np.nan]], None, "Received: 1 invalid weights, such as nan"),
        ([[0.5, np.inf]], None, "such as inf"),
        ([[0.5, -0.5]], None, "such as -0.5"),
        ([0.5, 0.5], None, r"\(..., queries, keys\). Received: weights.shape=\(2,\)"),
        (
            [[0.5, 0.5]],
            [True, True, True],
            r"broadcast to the weights, \(1, 2\). Received: mask.shape=\(3,\)",
        ),
        ([[0.5, 0.5]], np.ones((3, 1, 2)), r"Received: mask.shape=\(3, 1, 2\)"),
    ],
)
def test_invalid_weights_raise(weights, mask, message):
    with pytest.raises(ValueError, match=message):
        validate_weights(weights, mask)
