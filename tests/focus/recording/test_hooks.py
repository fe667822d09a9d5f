import threading

import keras
import numpy as np
import pytest

from foveal.focus.recording.hooks import WeightCollector, changed, match_adapters
from foveal.layers import DecoderBlock


def ones(*shape):
    return keras.ops.ones(shape)


def test_an_ear_gives_all_one_form():
    collector = WeightCollector()
    collector.told("one head", ones(2, 3, 4), keras.ops.ones((1, 1, 4), "bool"), ones(2, 3))
    collector.told("heads", keras.ops.ones((2, 5, 3, 4), "bfloat16"), keras.ops.ones((1, 5, 3, 4), "bool"))
    first, second = collector.collected
    assert [tuple(x.shape) for x in first[1:]] == [(2, 1, 3, 4), (2, 1, 1, 4), (2, 1, 3)]
    assert keras.backend.standardize_dtype(second.weights.dtype) == "float32"
    assert tuple(second.mask.shape) == (2, 5, 3, 4)


def test_weights_of_another_rank_are_an_error():
    with pytest.raises(ValueError, match=r"from layer. Received: \(2, 3, 4, 5, 6\)"):
        WeightCollector().told("layer", ones(2, 3, 4, 5, 6))


def test_what_is_told_apart_stays_apart():
    collector = WeightCollector()
    with collector.collect_separately() as collected:
        collector.told("inner", ones(2, 3, 4))
    collector.told("outer", ones(2, 3, 4))
    assert [told.layer for told in collected] == ["inner"]
    assert [told.layer for told in collector.collected] == ["outer"]


def test_of_layers_in_layers_the_innermost_is_heard_and_a_type_with_an_adaptor_takes_all_in_it():
    block = DecoderBlock(2, 8, name="block")
    block(np.ones((1, 3, 8)), np.ones((1, 4, 8)))

    def other(*_):
        return {}

    assert len(match_adapters(block, [], other)) == 2
    assert match_adapters(block, [(DecoderBlock, other)]) == [("block", block, other)]
    assert match_adapters(block, []) == []


def test_changes_are_seen_in_their_thread_alone_and_taken_back():
    layer = keras.layers.Identity()
    seen = []

    def other():
        thread = threading.Thread(target=lambda: seen.append(layer.call(1)))
        thread.start()
        thread.join()

    with changed([(layer, {"call": lambda x: x + 1, "unroll": True})]):
        other()
        assert (layer.call(1), layer.unroll, seen) == (2, True, [1])
    assert layer.call(1) == 1
    assert {"call", "unroll"} & vars(layer).keys() == set()
