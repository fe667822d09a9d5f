import keras
import numpy as np
import pytest

from foveal.layers import AttentionCell, CoverageBias, DiagonalBias, MultiHeadAttention, SoftAttention

QUERY, VALUE = np.zeros((2, 4, 6), "float32"), np.zeros((2, 5, 6), "float32")
QUERY_MASK = np.array([[1, 1, 1, 1], [1, 1, 1, 0]], bool)
KEY_MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]], bool)


def look(layer, **kwargs):
    _, weights = layer(QUERY, VALUE, return_attention_scores=True, **kwargs)
    return keras.ops.convert_to_numpy(weights)


def expected_row(t, total, keys, width=0.2):
    weights = np.exp(-((np.arange(keys) / keys - t / total) ** 2) / (2 * width**2))
    return np.pad(weights / weights.sum(), (0, 5 - keys))


@pytest.mark.parametrize("heads", [(), (2, 3)])
def test_is_the_guided_attention_of_the_paper_in_each_example(heads):
    layer = MultiHeadAttention(*heads, bias="diagonal") if heads else SoftAttention(bias="diagonal")
    weights = look(layer, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    for example, total, keys in ((0, 4, 5), (1, 3, 2)):
        for t in range(total):
            rows = weights[example, ..., t, :].reshape(-1, 5)
            for row in rows:
                np.testing.assert_allclose(row, expected_row(t, total, keys), rtol=1e-4)


def test_padding_changes_nothing_without_a_slope():
    layer = SoftAttention(bias=DiagonalBias(width=0.1))
    _, weights = layer(
        np.pad(QUERY, [(0, 0), (0, 3), (0, 0)]),
        np.pad(VALUE, [(0, 0), (0, 2), (0, 0)]),
        query_mask=np.pad(QUERY_MASK, [(0, 0), (0, 3)]),
        value_mask=np.pad(KEY_MASK, [(0, 0), (0, 2)]),
        return_attention_scores=True,
    )
    expected = look(layer, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(weights)[:, :4, :5], expected, atol=1e-6)


def test_the_slope_of_the_example_changes_nothing():
    expected = look(SoftAttention(bias=DiagonalBias()))
    np.testing.assert_allclose(look(SoftAttention(bias=DiagonalBias(slope=5 / 4))), expected, atol=1e-6)


def test_queries_taken_one_by_one_are_counted_all_the_same():
    expected = look(SoftAttention(bias="diagonal"), query_mask=QUERY_MASK, value_mask=KEY_MASK)
    both = SoftAttention(bias=["diagonal", CoverageBias(strength=0.0)])
    actual = look(both, query_mask=QUERY_MASK, value_mask=KEY_MASK)
    np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_a_slope_is_needed_where_queries_come_step_by_step():
    layer = SoftAttention(bias=DiagonalBias())
    with pytest.raises(ValueError, match=r"expected a `slope`, keys per query. Received: None"):
        layer(QUERY[:, :1], VALUE, state=layer.get_initial_state(2, 5))
    cell = AttentionCell(keras.layers.GRUCell(6), SoftAttention(bias=DiagonalBias()))
    with pytest.raises(ValueError, match="expected a `slope`"):
        cell(QUERY[:, 0], cell.get_initial_state(2, 5), VALUE)


@pytest.mark.parametrize("arguments", [(0, None), (0.2, 0)])
def test_what_is_not_positive_is_refused(arguments):
    with pytest.raises(ValueError, match=r"`width` and `slope` must be positive. Received"):
        DiagonalBias(*arguments)
