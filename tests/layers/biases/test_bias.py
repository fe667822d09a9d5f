import keras
import numpy as np
import pytest

from foveal.layers import AlibiBias, AttentionContext, Bias, GaussianBias, SlidingWindow, biases
from foveal.layers.biases.bias import count_heads, gather_by_distance


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def attention_context(queries, keys, **kwargs):
    return AttentionContext(query_positions=np.arange(queries), key_positions=np.arange(keys), **kwargs)


def test_distance_counts_back_from_the_query():
    np.testing.assert_array_equal(attention_context(2, 3).distance, [[0, -1, -2], [1, 0, -1]])


def test_seen_counts_the_keys_of_the_mask():
    mask = np.array([[True, True, False], [True, False, False]])
    np.testing.assert_array_equal(to_numpy(attention_context(2, 3, mask=mask).key_count), [2, 1])
    np.testing.assert_array_equal(to_numpy(attention_context(2, 3, mask=mask[:1]).key_count), [2])
    np.testing.assert_array_equal(to_numpy(attention_context(2, 3).key_count), [3, 3])


def test_queries_count_that_see_a_key():
    mask = np.array([[[1, 1], [1, 0], [0, 0]], [[0, 1], [0, 0], [0, 0]]], bool)
    np.testing.assert_array_equal(to_numpy(biases.count_queries(mask, 3)), [[2], [1]])
    np.testing.assert_array_equal(to_numpy(biases.count_queries(mask[:, :1], 3)), [[3], [3]])
    assert to_numpy(biases.count_queries(None, 3)) == 3


def test_heads_are_the_second_of_four_axes():
    assert count_heads((None, 5, None, 3)) == 5
    assert count_heads((None, 4, 3)) == 1


TABLE = np.arange(10, dtype="float32").reshape(2, 5)  # distances -2 to 2, two heads


def test_a_table_is_read_at_each_distance_and_at_its_ends_beyond():
    expected = [[2, 1, 0, 0], [3, 2, 1, 0], [4, 3, 2, 1], [4, 4, 3, 2]]
    actual = to_numpy(gather_by_distance(TABLE, attention_context(4, 4).distance))
    np.testing.assert_array_equal(actual, [expected, np.array(expected) + 5])


@pytest.mark.parametrize("heads", [1, 2])
def test_a_table_is_read_for_each_example(heads):
    starts = np.array([[0], [3]])
    queries = starts[:, None] + np.arange(2) if heads == 2 else starts + np.arange(2)
    actual = to_numpy(gather_by_distance(TABLE[:heads], AttentionContext(queries, np.arange(5)).distance))
    assert actual.shape == ((2, 2, 2, 5) if heads == 2 else (2, 2, 5))
    for example, start in zip(actual, (0, 3), strict=True):
        alone = to_numpy(gather_by_distance(TABLE[:heads], start + np.arange(2)[:, None] - np.arange(5)))
        np.testing.assert_array_equal(example, alone if heads == 2 else alone[0])


def built(*parts):
    for part in parts:
        part.build((None, 2, None, 4), (None, 2, None, 4))
    return list(parts)


def test_several_biases_add_up():
    parts, scores = built(AlibiBias(), GaussianBias(2.0)), keras.ops.ones((1, 2, 3, 4))
    leanings = [part.compute_bias(None, None, attention_context(3, 4)) for part in parts]
    actual = biases.add_biases(parts, scores, None, None, attention_context(3, 4))
    np.testing.assert_allclose(to_numpy(actual)[0], 1 + sum(map(to_numpy, leanings)), rtol=1e-6)


def test_several_windows_leave_what_all_of_them_show():
    parts = built(SlidingWindow(back=2, ahead=1), SlidingWindow(back=0, ahead=3))
    mask = biases.update_mask(parts, attention_context(3, 5)).mask
    np.testing.assert_array_equal(mask, np.eye(3, 5) + np.eye(3, 5, 1) > 0)


def test_no_bias_changes_nothing():
    scores = np.ones((1, 2, 3, 4), "float32")
    for parts in ([], [Bias()]):
        assert biases.add_biases(parts, scores, None, None, attention_context(3, 4)) is scores
        assert biases.update_mask(parts, attention_context(3, 4)).mask is None


def test_what_leans_far_stays_finite_in_float16():
    (part,) = built(GaussianBias(0.01))
    scores = keras.ops.full((1, 2, 3, 50), -1000.0, "float16")
    assert np.isfinite(
        to_numpy(biases.add_biases([part], scores, None, None, attention_context(3, 50)))
    ).all()


@pytest.mark.parametrize("identifier", ["albi", ["alibi", "albi"], 3])
def test_what_is_no_bias_is_refused_and_the_known_ones_are_listed(identifier):
    with pytest.raises(ValueError, match=r"Unknown bias: expected one of \['adaptive_span', 'alibi'"):
        biases.get(identifier)


def test_a_slot_takes_nothing_a_part_or_several():
    own = AlibiBias()
    assert biases.get(None) == []
    assert biases.get(own) == [own]
    assert [type(bias) for bias in biases.get((own, "window"))] == [AlibiBias, SlidingWindow]
