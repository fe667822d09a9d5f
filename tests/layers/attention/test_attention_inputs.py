"""Attention inputs: shapes, cache index and masks."""

import keras
import numpy as np
import pytest

from foveal.layers.attention.attention_inputs import AttentionInputs

QUERY, VALUE, KEY = np.zeros((2, 3, 5)), np.zeros((2, 4, 6)), np.zeros((2, 4, 7))


def test_check_shapes_accepts_unknown_sizes():
    AttentionInputs(keras.Input((None, 3)), keras.Input((None, 4)), keras.Input((5, 4))).check_shapes()


@pytest.mark.parametrize("shape", [(2,), (2, 3), (2, 3, 4, 5)])
def test_check_shapes_of_invalid_rank_raises(shape):
    with pytest.raises(ValueError, match=r"`query` must have shape \(batch, length, dim\)") as error:
        AttentionInputs(np.zeros(shape)).check_shapes()
    assert str(shape) in str(error.value)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (AttentionInputs(QUERY, VALUE[:1]), r"`value` must have the batch size of `query`, 2\. Received"),
        (AttentionInputs(QUERY, VALUE, KEY[:, :2]), r"`key` must have the length of `value`.*Received"),
    ],
    ids=["batch", "length"],
)
def test_check_shapes_of_invalid_sizes_raises(inputs, message):
    with pytest.raises(ValueError, match=message):
        inputs.check_shapes()


def test_start_is_cache_index_or_length_of_cache():
    cache = {"key": np.zeros((2, 1, 6, 4)), "value": np.zeros((2, 1, 6, 4))}
    assert AttentionInputs(QUERY).start is None
    assert AttentionInputs(QUERY, cache=cache, cache_index=3).start == 3
    assert AttentionInputs(QUERY, cache=cache, cache_index="end").start == 6


def test_compute_mask_combines_masks():
    value_mask = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
    inputs = AttentionInputs(QUERY, VALUE, value_mask=value_mask, use_causal_mask=True)
    expected = value_mask[:, None] & np.tri(3, 4, dtype=bool)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(inputs.compute_mask(VALUE)), expected)
    assert AttentionInputs(QUERY, VALUE).compute_mask(VALUE) is None


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("cache_index", [None, 1, "end"])
@pytest.mark.parametrize("shape", [None, (3, 6), (2, 1, 6), (2, 4, 3, 6)])
def test_take_queries_takes_rows_of_mask_and_positions(causal, cache_index, shape):
    key, indices = np.zeros((2, 4, 6, 5)), np.array([2, 0])
    mask = None if shape is None else np.random.default_rng(0).random(shape) < 0.5
    cache = None if cache_index is None else {"key": key[:, :, :3] if cache_index == "end" else key}
    inputs = AttentionInputs(
        keras.ops.convert_to_tensor(QUERY),
        query_mask=np.array([[1, 1, 0], [1, 1, 1]]),
        attention_mask=mask,
        use_causal_mask=causal,
        cache=cache,
        cache_index=cache_index,
    )
    taken = inputs.take_queries(keras.ops.convert_to_tensor(indices, "int32"), key)
    expected, actual = (keras.ops.convert_to_numpy(x.compute_mask(key, 4)) for x in (inputs, taken))
    np.testing.assert_array_equal(actual, expected[..., indices, :])
    expected, actual = (keras.ops.convert_to_numpy(x.query_positions()) for x in (inputs, taken))
    np.testing.assert_array_equal(actual, expected[indices])
