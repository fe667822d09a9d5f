"""Top-k softmax against sorting, ties, gradients, unknown lengths and errors."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foveal.layers import MultiHeadAttention, SoftAttention, Softmax, TopK, distributions

rng = np.random.default_rng(0)


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def weights_by_sorting(row, k, mask):
    """Compute the softmax of the first k unmasked keys in a stable order of the scores."""
    selected = [key for key in np.argsort(-row, kind="stable") if mask[key]][:k]
    weights = np.zeros(len(row))
    if selected:
        exponents = np.exp(row[selected] - row[selected].max())
        weights[selected] = exponents / exponents.sum()
    return weights


@settings(max_examples=30, deadline=None)
@given(
    arrays("float32", (3, 6), elements=st.integers(-2, 2)),  # few values: many ties
    arrays("bool", (3, 6)),
    st.integers(1, 6),
)
def test_top_k_matches_sorting(scores, mask, k):
    weights = to_numpy(TopK(k)(scores, mask=mask)[0])
    expected = [weights_by_sorting(row, k, row_mask) for row, row_mask in zip(scores, mask, strict=True)]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_top_k_of_ties_selects_the_first_keys():
    weights, decisions = TopK(3)(np.array([[0, 1, 0, 0, 0], [2, 2, 2, 2, 2]], "float32"))
    np.testing.assert_array_equal(to_numpy(weights) > 0, [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0]])
    assert decisions == {}


def test_top_k_of_all_keys_matches_softmax():
    scores = rng.normal(size=(2, 3, 4)).astype("float32")
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    np.testing.assert_array_equal(
        to_numpy(TopK(4)(scores, mask=mask)[0]), to_numpy(Softmax()(scores, mask=mask)[0])
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_top_k_keeps_half_precision_and_zeros_fully_masked_row(dtype):
    scores = keras.ops.cast([[1, 3, 2, 3], [1, 3, 2, 3]], dtype)
    mask = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], bool)
    weights, _ = TopK(2)(scores, mask=mask)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    largest = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(to_numpy(weights), [[0, largest, 1 - largest, 0], [0, 0, 0, 0]], atol=3e-3)


def test_top_k_gradient_matches_softmax_of_selected_keys(problem):
    estimates = problem.estimates(TopK(2))  # equal in all copies, because nothing is sampled
    selected = np.array([0, 2])
    probabilities = problem.probabilities[selected] / problem.probabilities[selected].sum()
    values = problem.values[selected]
    slopes = 2 * (probabilities @ values - problem.target) * values
    np.testing.assert_allclose(
        estimates[0, selected], probabilities * (slopes - probabilities @ slopes), atol=0.01
    )
    np.testing.assert_array_equal(estimates[:, 1], 0)


def test_top_k_of_unknown_number_of_keys_selects_k():
    inputs = keras.Input((None, 3))
    layer = SoftAttention("dot", distribution=TopK(4))
    model = keras.Model(inputs, layer(inputs, inputs, return_attention_scores=True)[1])
    for length in (6, 4):
        weights = to_numpy(model(rng.normal(size=(2, length, 3)).astype("float32")))
        np.testing.assert_array_equal((weights > 0).sum(-1), np.full((2, length), 4))


def test_top_k_of_fewer_than_k_keys_raises():
    with pytest.raises(ValueError, match=r"at least k=4 keys. Received: scores of shape \(2, 3\)"):
        TopK(4)(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"at least k=4 keys. Received: scores of shape \(.*, 2, 5, 3\)"):
        MultiHeadAttention(2, 3, distribution=TopK(4))(keras.Input((5, 6)), keras.Input((3, 6)))


@pytest.mark.parametrize("k", [0, -1, 1.5, "2"])
def test_top_k_invalid_k_raises(k):
    with pytest.raises(ValueError, match=rf"`k` must be an int above 0. Received: k={k!r}"):
        TopK(k)


def test_top_k_config_keeps_k_and_has_no_registered_name():
    assert TopK.from_config(TopK(3).get_config()).k == 3
    with pytest.raises(ValueError, match=r"one of \['entmax', .* a `Distribution`"):
        distributions.get("top_k")
