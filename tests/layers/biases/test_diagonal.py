"""Diagonal bias against the guided attention of Tachibana et al. 2018."""

import keras
import numpy as np
import pytest

from foveal.layers import AttentionCell, CoverageBias, DiagonalBias, MultiHeadAttention, SoftAttention

QUERY, VALUE = np.zeros((2, 4, 6), "float32"), np.zeros((2, 5, 6), "float32")
QUERY_MASK = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool)


def compute_weights(layer, **kwargs):
    _, weights = layer(QUERY, VALUE, return_attention_scores=True, **kwargs)
    return keras.ops.convert_to_numpy(weights)


def expected_row(t, num_queries, num_keys, width=0.2):
    weights = np.exp(-((np.arange(num_keys) / num_keys - t / num_queries) ** 2) / (2 * width**2))
    return np.pad(weights / weights.sum(), (0, 5 - num_keys))


@pytest.mark.parametrize("heads", [(), (2, 3)], ids=["single head", "heads"])
def test_diagonal_bias_matches_guided_attention_of_each_example(heads):
    layer = MultiHeadAttention(*heads, bias="diagonal") if heads else SoftAttention(bias="diagonal")
    weights = compute_weights(layer, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    for example, num_queries, num_keys in ((0, 4, 5), (1, 3, 2)):
        for t in range(num_queries):
            rows = weights[example, ..., t, :].reshape(-1, 5)
            for row in rows:
                np.testing.assert_allclose(row, expected_row(t, num_queries, num_keys), rtol=1e-4)


def test_diagonal_bias_without_slope_ignores_padding():
    layer = SoftAttention(bias=DiagonalBias(width=0.1))
    _, weights = layer(
        np.pad(QUERY, [(0, 0), (0, 3), (0, 0)]),
        np.pad(VALUE, [(0, 0), (0, 2), (0, 0)]),
        query_mask=np.pad(QUERY_MASK, [(0, 0), (0, 3)]),
        value_mask=np.pad(KEY_MASK, [(0, 0), (0, 2)]),
        return_attention_scores=True,
    )
    expected = compute_weights(layer, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights)[:, :4, :5], expected, atol=1e-6)


def test_diagonal_bias_slope_of_example_matches_default():
    expected = compute_weights(SoftAttention(bias=DiagonalBias()))
    actual = compute_weights(SoftAttention(bias=DiagonalBias(slope=5 / 4)))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_diagonal_bias_in_sequential_attention_matches_one_call():
    expected = compute_weights(SoftAttention(bias="diagonal"), query_mask=QUERY_MASK, value_mask=KEY_MASK)
    sequential = SoftAttention(bias=["diagonal", CoverageBias(strength=0.0)])
    actual = compute_weights(sequential, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_diagonal_bias_step_by_step_without_slope_raises():
    layer = SoftAttention(bias=DiagonalBias())
    with pytest.raises(ValueError, match=r"`slope` of DiagonalBias must be given.*Received: slope=None"):
        layer(QUERY[:, :1], VALUE, state=layer.get_initial_state(2, 5))
    cell = AttentionCell(keras.layers.GRUCell(6), SoftAttention(bias=DiagonalBias()))
    with pytest.raises(ValueError, match="`slope` of DiagonalBias must be given"):
        cell(QUERY[:, 0], cell.get_initial_state(2, 5), VALUE)


@pytest.mark.parametrize("arguments", [(0, None), (0.2, 0)])
def test_diagonal_bias_invalid_arguments_raise(arguments):
    with pytest.raises(ValueError, match=r"`width` and `slope` must be positive. Received: width=.*slope="):
        DiagonalBias(*arguments)
