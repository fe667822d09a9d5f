"""Base class of biases, distance tables, and functions over lists of biases."""

import keras
import numpy as np
import pytest

from foveal.layers import AlibiBias, AttentionContext, Bias, GaussianBias, SlidingWindow, biases
from foveal.layers.biases.bias import count_heads, gather_by_distance

TABLE = np.arange(10, dtype="float32").reshape(2, 5)  # distances -2 to 2, two heads


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def make_context(queries, keys):
    return AttentionContext(query_positions=np.arange(queries), key_positions=np.arange(keys))


def test_count_heads_reads_second_of_four_axes():
    assert count_heads((None, 5, None, 3)) == 5
    assert count_heads((None, 4, 3)) == 1


def test_gather_by_distance_clips_large_distances():
    expected = [[2, 1, 0, 0], [3, 2, 1, 0], [4, 3, 2, 1], [4, 4, 3, 2]]
    actual = to_numpy(gather_by_distance(TABLE, make_context(4, 4).distance))
    np.testing.assert_array_equal(actual, [expected, np.array(expected) + 5])


@pytest.mark.parametrize("heads", [1, 2])
def test_gather_by_distance_with_positions_per_example(heads):
    starts = np.array([[0], [3]])
    queries = starts[:, None] + np.arange(2) if heads == 2 else starts + np.arange(2)
    actual = to_numpy(gather_by_distance(TABLE[:heads], AttentionContext(queries, np.arange(5)).distance))
    assert actual.shape == ((2, 2, 2, 5) if heads == 2 else (2, 2, 5))
    for example, start in zip(actual, (0, 3), strict=True):
        alone = to_numpy(gather_by_distance(TABLE[:heads], start + np.arange(2)[:, None] - np.arange(5)))
        np.testing.assert_array_equal(example, alone if heads == 2 else alone[0])


def build(*parts):
    for part in parts:
        part.build((None, 2, None, 4), (None, 2, None, 4))
    return list(parts)


def test_add_biases_sums_all_biases():
    parts, scores = build(AlibiBias(), GaussianBias(2.0)), keras.ops.ones((1, 2, 3, 4))
    terms = [part.compute_bias(None, None, make_context(3, 4)) for part in parts]
    actual = biases.add_biases(parts, scores, None, None, make_context(3, 4))
    np.testing.assert_allclose(to_numpy(actual)[0], 1 + sum(map(to_numpy, terms)), rtol=1e-6)


def test_update_mask_intersects_windows():
    parts = build(SlidingWindow(back=2, ahead=1), SlidingWindow(back=0, ahead=3))
    mask = biases.update_mask(parts, make_context(3, 5)).mask
    np.testing.assert_array_equal(mask, np.eye(3, 5) + np.eye(3, 5, 1) > 0)


@pytest.mark.parametrize("parts", [[], [Bias()]], ids=["none", "base class"])
def test_bias_without_hooks_changes_nothing(parts):
    scores = np.ones((1, 2, 3, 4), "float32")
    assert biases.add_biases(parts, scores, None, None, make_context(3, 4)) is scores
    assert biases.update_mask(parts, make_context(3, 4)).mask is None
    assert biases.transform_all(parts, scores, np.arange(3)) is scores


def test_add_biases_stays_finite_in_float16():
    (part,) = build(GaussianBias(0.01))
    scores = keras.ops.full((1, 2, 3, 50), -1000.0, "float16")
    actual = biases.add_biases([part], scores, None, None, make_context(3, 50))
    assert np.isfinite(to_numpy(actual)).all()


@pytest.mark.parametrize("identifier", ["albi", ["alibi", "albi"], 3])
def test_get_unknown_bias_raises(identifier):
    with pytest.raises(ValueError, match=r"one of \['adaptive_span', 'alibi'.*Received: "):
        biases.get(identifier)


def test_get_resolves_none_instances_and_lists():
    alibi = AlibiBias()
    assert biases.get(None) == []
    assert biases.get(alibi) == [alibi]
    assert [type(bias) for bias in biases.get((alibi, "window"))] == [AlibiBias, SlidingWindow]
