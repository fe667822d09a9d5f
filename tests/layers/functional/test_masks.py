"""Attention masks: combination, broadcasting, caches and invalid masks."""

import itertools
import re
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers.functional import masks

QUERY, KEY = np.zeros((2, 3, 5)), np.zeros((2, 4, 6))
QUERY_MASK = np.array([[1, 1, 0], [0, 1, 1]], bool)
KEY_MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
ATTENTION_MASK = np.random.default_rng(1).random((2, 3, 4)) > 0.4


def compute_attention_mask(**kwargs):
    mask = keras.ops.convert_to_numpy(masks.compute_attention_mask(QUERY, KEY, **kwargs))
    return np.broadcast_to(mask, (2, 3, 4))


def test_no_masks_return_none():
    assert masks.compute_attention_mask(QUERY, KEY) is None


def test_masks_are_combined_by_logical_and():
    combined = compute_attention_mask(
        query_mask=QUERY_MASK,
        value_mask=KEY_MASK,
        attention_mask=ATTENTION_MASK,
        use_causal_mask=True,
    )
    for b, q, k in itertools.product(range(2), range(3), range(4)):
        allowed = QUERY_MASK[b, q] and KEY_MASK[b, k] and ATTENTION_MASK[b, q, k] and k <= q
        assert combined[b, q, k] == allowed


def test_value_mask_and_key_mask_are_combined():
    combined = compute_attention_mask(value_mask=KEY_MASK, key_mask=~KEY_MASK)
    assert not combined.any()


@pytest.mark.parametrize("shape", [(3, 4), (1, 3, 4), (2, 1, 4), (2, 3, 4)])
def test_attention_mask_broadcasts_over_batch_and_queries(shape):
    mask = np.random.default_rng(2).random(shape) > 0.5
    np.testing.assert_array_equal(
        compute_attention_mask(attention_mask=mask), np.broadcast_to(mask, (2, 3, 4))
    )


@pytest.mark.parametrize("dtype", ["int32", "uint8", "int64", "float32", "float16"])
def test_numeric_masks_match_boolean_masks(dtype):
    np.testing.assert_array_equal(
        compute_attention_mask(
            query_mask=QUERY_MASK.astype(dtype),
            value_mask=3 * KEY_MASK.astype(dtype),
            attention_mask=ATTENTION_MASK.astype(dtype),
        ),
        compute_attention_mask(query_mask=QUERY_MASK, value_mask=KEY_MASK, attention_mask=ATTENTION_MASK),
    )


def test_mask_may_be_a_list():
    np.testing.assert_array_equal(
        compute_attention_mask(value_mask=KEY_MASK.tolist(), attention_mask=ATTENTION_MASK.tolist()),
        compute_attention_mask(value_mask=KEY_MASK, attention_mask=ATTENTION_MASK),
    )


@pytest.mark.parametrize("shape", [(1, 1, 3, 4), (2, 1, 3, 4), (2, 5, 3, 4), (1, 5, 1, 4), (2, 5, 3, 1)])
def test_attention_mask_of_heads_combines_with_padding(shape):
    mask = np.random.default_rng(3).random(shape) > 0.4
    combined = masks.compute_attention_mask(
        QUERY,
        KEY,
        query_mask=QUERY_MASK,
        key_mask=KEY_MASK,
        attention_mask=mask,
        use_causal_mask=True,
        num_heads=5,
    )
    shared = compute_attention_mask(query_mask=QUERY_MASK, key_mask=KEY_MASK, use_causal_mask=True)
    expected = np.broadcast_to(mask, (2, 5, 3, 4)) & shared[:, None]
    combined = np.broadcast_to(keras.ops.convert_to_numpy(combined), (2, 5, 3, 4))
    np.testing.assert_array_equal(combined, expected)


def test_attention_mask_of_other_heads_raises():
    with pytest.raises(ValueError, match=r"must have shape \(2, 5, 3, 4\). Received: .*\(2, 4, 3, 4\)"):
        masks.compute_attention_mask(QUERY, KEY, attention_mask=np.ones((2, 4, 3, 4)), num_heads=5)


@pytest.mark.parametrize("cache_index", [0, 1])
def test_causal_mask_of_cache_ends_at_each_query(cache_index):
    combined = compute_attention_mask(cache_index=cache_index, use_causal_mask=True)
    expected = np.arange(4)[None] <= cache_index + np.arange(3)[:, None]
    np.testing.assert_array_equal(combined[0], expected)


def test_mask_of_cache_ends_at_last_query():
    np.testing.assert_array_equal(compute_attention_mask(cache_index=0)[1], [[1, 1, 1, 0]] * 3)


@pytest.mark.parametrize(
    ("name", "shape"),
    [("query_mask", (2, 4)), ("value_mask", (2, 3)), ("key_mask", (4,)), ("key_mask", (1, 4))],
)
def test_mask_of_other_shape_raises(name, shape):
    expected = (2, 3) if name == "query_mask" else (2, 4)
    message = re.escape(f"{expected}. Received: {name}.shape={shape}")
    arguments: Any = {name: np.ones(shape, bool)}
    with pytest.raises(ValueError, match=f"`{name}` must have shape {message}"):
        masks.compute_attention_mask(QUERY, KEY, **arguments)


@pytest.mark.parametrize("shape", [(4,), (2, 4), (3, 3), (2, 4, 3), (2, 2, 3, 4)])
def test_attention_mask_of_other_shape_raises(shape):
    with pytest.raises(ValueError, match="`attention_mask` must have shape"):
        masks.compute_attention_mask(QUERY, KEY, attention_mask=np.ones(shape, bool))
