"""Attention without heads: masked queries, caches and invalid inputs."""

import keras
import numpy as np
import pytest

from foveal.layers import HardAttention, SoftAttention

rng = np.random.default_rng(0)
QUERY, VALUE, KEY = (rng.normal(size=(2, n, 5)).astype("float32") for n in (3, 4, 4))
QUERY_MASK = np.array([[1, 1, 1], [1, 1, 0]], bool)
VALUE_MASK = np.array([[1, 1, 1, 1], [1, 0, 1, 0]], bool)

pytestmark = pytest.mark.parametrize("kind", [SoftAttention, HardAttention])


def run_layer(layer, *args, **kwargs):
    results = layer(*args, return_attention_scores=True, **kwargs)
    return [keras.ops.convert_to_numpy(x) for x in results]


def test_masked_query_returns_zeros(kind):
    context, weights = run_layer(kind(), QUERY, VALUE, query_mask=QUERY_MASK)
    np.testing.assert_array_equal(context[1, 2], 0)
    np.testing.assert_array_equal(weights[1, 2], 0)


@pytest.mark.parametrize("score", ["scaled_dot", "additive"])
def test_memory_cache_matches_direct_call(kind, score):
    layer = kind(score)
    expected = run_layer(layer, QUERY, VALUE, KEY, value_mask=VALUE_MASK)
    cache = layer.memory_cache(VALUE, KEY)
    for a, e in zip(run_layer(layer, QUERY, cache=cache, value_mask=VALUE_MASK), expected, strict=True):
        np.testing.assert_array_equal(a, e)


@pytest.mark.parametrize(
    ("value", "key", "message"),
    [
        (VALUE[:1], None, "`value` must have the batch size of `query`, 2"),
        (VALUE, KEY[:, :2], "`key` must have the length of `value`"),
        (VALUE[0], None, "`value` must have shape"),
    ],
)
def test_invalid_inputs_raise(kind, value, key, message):
    with pytest.raises(ValueError, match=message):
        kind("dot")(QUERY, value, key)


def test_list_of_inputs_and_masks_matches_separate_inputs(kind):
    layer = kind()
    expected = run_layer(layer, QUERY, VALUE, KEY, query_mask=QUERY_MASK, value_mask=VALUE_MASK)
    actual = run_layer(layer, [QUERY, VALUE, KEY], mask=[QUERY_MASK, VALUE_MASK])
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_array_equal(a, e)
    assert layer.compute_output_shape([QUERY.shape, VALUE.shape]) == (2, 3, 5)
