import threading

import keras
import numpy as np
import pytest

from foveal.focus.recording.hooks import WeightCollector, match_adapters, patched
from foveal.layers import DecoderBlock


def ones(*shape):
    return keras.ops.ones(shape)


def test_collector_converts_shapes_and_dtypes():
    collector = WeightCollector()
    collector.add("one head", ones(2, 3, 4), keras.ops.ones((1, 1, 4), "bool"), ones(2, 3))
    collector.add("heads", keras.ops.ones((2, 5, 3, 4), "bfloat16"), keras.ops.ones((1, 5, 3, 4), "bool"))
    first, second = collector.collected
    assert [tuple(x.shape) for x in first[1:4]] == [(2, 1, 3, 4), (2, 1, 1, 4), (2, 1, 3)]  # pyright: ignore[reportOptionalMemberAccess]
    assert keras.backend.standardize_dtype(second.weights.dtype) == "float32"
    assert second.mask is not None
    assert tuple(second.mask.shape) == (2, 5, 3, 4)


def test_collector_invalid_rank_raises():
    with pytest.raises(
        ValueError, match=r"`weights` of layer must .* Received: weights.shape=\(2, 3, 4, 5, 6\)"
    ):
        WeightCollector().add("layer", ones(2, 3, 4, 5, 6))


def test_collect_separately_isolates_calls():
    collector = WeightCollector()
    with collector.collect_separately() as collected:
        collector.add("inner", ones(2, 3, 4))
    collector.add("outer", ones(2, 3, 4))
    assert [call.layer for call in collected] == ["inner"]
    assert [call.layer for call in collector.collected] == ["outer"]


def test_match_adapters_selects_innermost_or_matching_type():
    block = DecoderBlock(2, 8, name="block")
    block(np.ones((1, 3, 8)), np.ones((1, 4, 8)))

    def adapter(*_):
        return {}

    assert len(match_adapters(block, [], adapter)) == 2
    assert match_adapters(block, [(DecoderBlock, adapter)]) == [("block", block, adapter)]
    assert match_adapters(block, []) == []


def test_patches_apply_in_own_thread_and_are_restored():
    layer = keras.layers.Identity()
    outputs = []

    def call_in_thread():
        thread = threading.Thread(target=lambda: outputs.append(layer.call(1)))
        thread.start()
        thread.join()

    with patched([(layer, {"call": lambda x: x + 1, "unroll": True})]):
        call_in_thread()
        assert (layer.call(1), layer.unroll, outputs) == (2, True, [1])
    assert layer.call(1) == 1
    assert {"call", "unroll"} & vars(layer).keys() == set()


def test_patches_for_all_threads_apply_in_other_threads():
    layer = keras.layers.Identity()
    outputs = []
    with patched([(layer, {"call": lambda x: x + 1})], all_threads=True):
        thread = threading.Thread(target=lambda: outputs.append(layer.call(1)))
        thread.start()
        thread.join()
    assert outputs == [2]
    assert "call" not in vars(layer)


def test_patched_layer_is_matched_by_its_original_signature():
    layer = keras.layers.Attention(name="attention")
    original = layer.call
    with patched([(layer, {"call": lambda *args, **kwargs: original(*args, **kwargs)})]):
        assert [name for name, _, _ in match_adapters(layer, [], lambda *_: {})] == ["attention"]


def test_nested_patches_are_restored_in_order():
    layer = keras.layers.Identity()
    with patched([(layer, {"unroll": 1})]):
        with pytest.raises(RuntimeError), patched([(layer, {"unroll": 2})]):
            raise RuntimeError
        assert layer.unroll == 1
    assert "unroll" not in vars(layer)
