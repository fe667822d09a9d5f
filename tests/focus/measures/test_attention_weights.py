import numpy as np
import pytest

from foveal.focus.measures.attention_weights import normalize_weights, validate_weights

WEIGHTS = np.random.default_rng(0).random((2, 3, 4))


def test_what_is_masked_is_zero_and_rows_become_shares():
    mask = np.array([True, True, False, True])
    weights, seen = normalize_weights(WEIGHTS, mask)
    assert seen.shape == WEIGHTS.shape
    np.testing.assert_allclose(weights, WEIGHTS * mask / (WEIGHTS * mask).sum(-1, keepdims=True))


def test_a_row_without_weight_or_without_a_key_to_see_is_nan():
    weights, mask = WEIGHTS.copy(), np.ones((2, 3, 4), bool)
    weights[0, 1] = 0
    mask[1, 2] = False
    unknown = np.isnan(normalize_weights(weights, mask)[0]).all(axis=-1)
    assert unknown.tolist() == [[False, True, False], [False, False, True]]


@pytest.mark.parametrize(
    ("weights", "mask", "message"),
    [
        ([[0.5, np.nan]], None, "Received: 1 others, such as nan"),
        ([[0.5, np.inf]], None, "such as inf"),
        ([[0.5, -0.5]], None, "such as -0.5"),
        ([0.5, 0.5], None, r"\(..., queries, keys\). Received: \(2,\)"),
        ([[0.5, 0.5]], [True, True, True], r"broadcasts to the weights, \(1, 2\). Received: \(3,\)"),
        ([[0.5, 0.5]], np.ones((3, 1, 2)), r"Received: \(3, 1, 2\)"),
    ],
)
def test_what_cannot_be_measured_is_an_error(weights, mask, message):
    with pytest.raises(ValueError, match=message):
        validate_weights(weights, mask)
