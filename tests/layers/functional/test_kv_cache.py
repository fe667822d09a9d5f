"""Key-value cache: writing, growing and invalid calls."""

import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, SelfAttention
from foveal.layers.functional import kv_cache

CACHE = {"key": np.zeros((2, 3, 6, 4), "float32"), "value": np.zeros((2, 3, 6, 5), "float32")}
NEW = {"key": np.ones((2, 3, 2, 4), "float32"), "value": np.ones((2, 3, 2, 5), "float32")}


@pytest.mark.parametrize("index", [0, 3, 4])
def test_update_cache_writes_only_at_index(index):
    written = kv_cache.update_cache(CACHE, NEW, index)
    for tensor in written.values():
        tensor = keras.ops.convert_to_numpy(tensor)
        assert (tensor[:, :, index : index + 2] == 1).all()
        assert tensor.sum() == tensor[:, :, index : index + 2].size


def test_update_cache_at_end_appends():
    updated = kv_cache.update_cache(kv_cache.update_cache(CACHE, NEW, "end"), NEW, "end")
    assert kv_cache.first_index(updated, "end") == 10
    for name, tensor in updated.items():
        expected = np.concatenate([CACHE[name], NEW[name], NEW[name]], axis=2)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(tensor), expected)


def test_invalid_cache_index_raises():
    layer, x = SelfAttention(2, 4), np.zeros((2, 1, 8))
    with pytest.raises(ValueError, match=r"`cache_index` must be a position.*cache_index='start'"):
        layer(x, cache=layer.init_cache(2, 3), cache_index="start")


def test_full_cache_raises():
    with pytest.raises(ValueError, match=r"must be at most 6\. Received: cache_index=5, new positions=2"):
        kv_cache.update_cache(CACHE, NEW, 5)


def test_init_cache_shapes():
    layer = SelfAttention(3, 4, value_dim=5)
    assert {k: tuple(v.shape) for k, v in layer.init_cache(2, 6).items()} == {
        "key": (2, 3, 6, 4),
        "value": (2, 3, 6, 5),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": None},
        {"cache": CACHE},
        {"cache_index": 1},
        {"value": None, "cache": CACHE, "cache_index": 1},
    ],
)
def test_incomplete_call_raises(wrong):
    layer = MultiHeadAttention(3, 4, value_dim=5)
    x = np.zeros((2, 2, 7))
    layer(x, x)
    with pytest.raises(ValueError, match="The inputs must be `value`, or the `cache` of a fixed memory"):
        layer(**{"query": x, "value": x, **wrong})


def test_self_attention_with_cache_or_index_only_raises():
    layer, x = SelfAttention(2, 4), np.zeros((2, 1, 8))
    with pytest.raises(ValueError, match=r"`cache_index`.*cache_index=None"):
        layer(x, cache=layer.init_cache(2, 3))
    with pytest.raises(ValueError, match="cache=None"):
        layer(x, cache_index=1)


def test_memory_cache_of_unbuilt_layer_raises():
    with pytest.raises(ValueError, match="must be built or called first"):
        MultiHeadAttention(2, 4).memory_cache(np.zeros((2, 3, 8)))
