import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, SelfAttention
from foveal.layers.functional import kv_cache

ROOM = {"key": np.zeros((2, 3, 6, 4), "float32"), "value": np.zeros((2, 3, 6, 5), "float32")}
NEW = {"key": np.ones((2, 3, 2, 4), "float32"), "value": np.ones((2, 3, 2, 5), "float32")}


@pytest.mark.parametrize("index", [0, 3, 4])
def test_new_positions_are_written_at_the_index_and_nowhere_else(index):
    written = kv_cache.update_cache(ROOM, NEW, index)
    for leaf in written.values():
        leaf = keras.ops.convert_to_numpy(leaf)
        assert (leaf[:, :, index : index + 2] == 1).all()
        assert leaf.sum() == leaf[:, :, index : index + 2].size


def test_at_the_end_the_cache_grows():
    grown = kv_cache.update_cache(kv_cache.update_cache(ROOM, NEW, "end"), NEW, "end")
    assert kv_cache.first_index(grown, "end") == 10
    for name, leaf in grown.items():
        twice = np.concatenate([ROOM[name], NEW[name], NEW[name]], axis=2)
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(leaf), twice)


def test_a_place_that_is_neither_a_position_nor_the_end_is_refused():
    layer, x = SelfAttention(2, 4), np.zeros((2, 1, 8))
    with pytest.raises(ValueError, match=r"Expected a position.*'start'"):
        layer(x, cache=layer.init_cache(2, 3), cache_index="start")


def test_a_full_cache_is_told():
    with pytest.raises(ValueError, match=r"new positions <= 6, received 5 \+ 2"):
        kv_cache.update_cache(ROOM, NEW, 5)


def test_the_batch_leads_every_leaf_of_an_empty_cache():
    layer = SelfAttention(3, 4, value_dim=5)
    assert {k: tuple(v.shape) for k, v in layer.init_cache(2, 6).items()} == {
        "key": (2, 3, 6, 4),
        "value": (2, 3, 6, 5),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": None},
        {"cache": ROOM},
        {"cache_index": 1},
        {"value": None, "cache": ROOM, "cache_index": 1},
    ],
)
def test_an_incomplete_call_is_refused(wrong):
    layer = MultiHeadAttention(3, 4, value_dim=5)
    x = np.zeros((2, 2, 7))
    layer(x, x)
    with pytest.raises(ValueError, match="Expected `value`, or the `cache` of a fixed memory"):
        layer(**{"query": x, "value": x, **wrong})


def test_self_attention_needs_cache_and_index_together():
    layer, x = SelfAttention(2, 4), np.zeros((2, 1, 8))
    with pytest.raises(ValueError, match=r"`cache_index`.*cache_index=None"):
        layer(x, cache=layer.init_cache(2, 3))
    with pytest.raises(ValueError, match="cache=None"):
        layer(x, cache_index=1)


def test_memory_cannot_be_projected_without_weights():
    with pytest.raises(ValueError, match="Expected a layer that is built"):
        MultiHeadAttention(2, 4).memory_cache(np.zeros((2, 3, 8)))
