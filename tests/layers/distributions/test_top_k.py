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


def by_sorting(row, k, mask):
    """Softmax of the first k visible keys in an order that keeps ties as they stand."""
    chosen = [key for key in np.argsort(-row, kind="stable") if mask[key]][:k]
    weights = np.zeros(len(row))
    if chosen:
        raised = np.exp(row[chosen] - row[chosen].max())
        weights[chosen] = raised / raised.sum()
    return weights


@settings(max_examples=30, deadline=None)
@given(
    arrays("float32", (3, 6), elements=st.integers(-2, 2)),  # few values: many ties
    arrays("bool", (3, 6)),
    st.integers(1, 6),
)
def test_is_softmax_of_the_k_best_keys_that_are_seen(scores, mask, k):
    weights = to_numpy(TopK(k)(scores, mask=mask)[0])
    expected = [by_sorting(row, k, seen) for row, seen in zip(scores, mask, strict=True)]
    np.testing.assert_allclose(weights, expected, atol=1e-6)


def test_of_equal_keys_the_first_are_chosen_so_that_k_remain():
    weights, decisions = TopK(3)(np.array([[0, 1, 0, 0, 0], [2, 2, 2, 2, 2]], "float32"))
    np.testing.assert_array_equal(to_numpy(weights) > 0, [[1, 1, 1, 0, 0], [1, 1, 1, 0, 0]])
    assert decisions == {}


def test_with_all_keys_it_is_softmax():
    scores = rng.normal(size=(2, 3, 4)).astype("float32")
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], bool)
    np.testing.assert_array_equal(
        to_numpy(TopK(4)(scores, mask=mask)[0]), to_numpy(Softmax()(scores, mask=mask)[0])
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_keeps_its_type_and_a_row_without_keys_is_zero(dtype):
    scores = keras.ops.cast([[1, 3, 2, 3], [1, 3, 2, 3]], dtype)
    mask = np.array([[1, 1, 1, 0], [0, 0, 0, 0]], bool)
    weights, _ = TopK(2)(scores, mask=mask)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    best = 1 / (1 + np.exp(-1))
    np.testing.assert_allclose(to_numpy(weights), [[0, best, 1 - best, 0], [0, 0, 0, 0]], atol=3e-3)


def test_the_gradient_is_that_of_softmax_among_the_chosen(problem):
    estimates = problem.estimates(TopK(2))  # all copies the same: nothing is drawn
    chosen = np.array([0, 2])
    probabilities = problem.probabilities[chosen] / problem.probabilities[chosen].sum()
    values = problem.values[chosen]
    slopes = 2 * (probabilities @ values - problem.target) * values
    np.testing.assert_allclose(
        estimates[0, chosen], probabilities * (slopes - probabilities @ slopes), atol=0.01
    )
    np.testing.assert_array_equal(estimates[:, 1], 0)


def test_keys_whose_number_is_not_known_may_be_fewer_than_k():
    model_input = keras.Input((None, 3))
    layer = SoftAttention("dot", distribution=TopK(4))
    model = keras.Model(model_input, layer(model_input, model_input, return_attention_scores=True)[1])
    for length in (6, 4):
        weights = to_numpy(model(rng.normal(size=(2, length, 3)).astype("float32")))
        np.testing.assert_array_equal((weights > 0).sum(-1), np.full((2, length), 4))


def test_more_than_there_are_keys_is_refused():
    with pytest.raises(ValueError, match=r"at least k = 4 keys. Received scores of shape: \(2, 3\)"):
        TopK(4)(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"at least k = 4 keys. Received scores of shape: \(.*, 2, 5, 3\)"):
        MultiHeadAttention(2, 3, distribution=TopK(4))(keras.Input((5, 6)), keras.Input((3, 6)))


@pytest.mark.parametrize("k", [0, -1, 1.5, "2"])
def test_k_must_be_a_count(k):
    with pytest.raises(ValueError, match=rf"`k` must be an int above 0. Received: {k!r}"):
        TopK(k)


def test_config_keeps_k_and_a_name_alone_is_not_enough():
    assert TopK.from_config(TopK(3).get_config()).k == 3
    with pytest.raises(ValueError, match=r"Unknown distribution: expected one of .* or a `Distribution`"):
        distributions.get("top_k")
