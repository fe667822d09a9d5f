"""Attention axes: folds against NumPy, and invalid axes."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.attention_axes import AttentionAxes

SIZES = (2, 3, 4, 5)  # batch and three axes of the query
KEY_SIZES = {(1, 2, 3): (2, 6, 2, 3), (2,): (2, 3, 7, 5), (3, 1): (2, 6, 4, 3)}
QUERY = np.arange(2 * 3 * 4 * 5 * 6, dtype="float32").reshape(*SIZES, 6)


def to_numpy(tensor):
    return keras.ops.convert_to_numpy(tensor)


def test_sequences_have_no_axes_to_fold():
    assert AttentionAxes.resolve(None, 3) is None
    assert AttentionAxes.resolve((1,), 3) is None
    assert AttentionAxes.resolve((-2,), 3) is None


@pytest.mark.parametrize(
    ("given", "axes", "outer"),
    [(None, (1, 2, 3), (0,)), ((-2,), (3,), (0, 1, 2)), ((3, -4), (3, 1), (0, 2))],
)
def test_resolve_gives_positive_axes(given, axes, outer):
    resolved = AttentionAxes.resolve(given, 5)
    assert resolved is not None
    assert (resolved.axes, resolved.outer) == (axes, outer)


@pytest.mark.parametrize("axes", [(0,), (4,), (-1,), (5,), (-5,), (1, 1), (2, -3)])
def test_axes_of_batch_or_width_and_repeated_axes_raise(axes):
    with pytest.raises(ValueError, match=r"`attention_axes` must name axes .*Received: attention_axes="):
        AttentionAxes.resolve(axes, 5)


@pytest.mark.parametrize("axes", KEY_SIZES)
def test_fold_moves_the_axes_and_unfold_inverts_it(axes):
    attention_axes = AttentionAxes(5, axes)
    outer = tuple(axis for axis in range(4) if axis not in axes)
    length = int(np.prod([SIZES[axis] for axis in axes]))
    folded = to_numpy(attention_axes.fold(QUERY))
    expected = QUERY.transpose(*outer, *axes, 4).reshape(-1, length, 6)
    np.testing.assert_array_equal(folded, expected)
    np.testing.assert_array_equal(to_numpy(attention_axes.fold(QUERY[..., 0])), expected[..., 0])
    np.testing.assert_array_equal(to_numpy(attention_axes.unfold(folded, QUERY)), QUERY)


def test_fold_keeps_an_empty_batch():
    folded = AttentionAxes(5, (2, 3)).fold(QUERY[:0])
    assert tuple(folded.shape) == (0, 20, 6)
    assert tuple(AttentionAxes(5, (2, 3)).unfold(folded, QUERY[:0]).shape) == (0, 3, 4, 5, 6)


@pytest.mark.parametrize("axes", KEY_SIZES)
@pytest.mark.parametrize("leading", ["none", "batch", "ones", "outer", "heads", "all heads"])
@pytest.mark.parametrize("narrow", ["", "query", "key", "part"])
def test_fold_pairs_broadcasts_to_the_weights(axes, leading, narrow):
    key = np.zeros((*KEY_SIZES[axes], 8), "float32")
    outer = tuple(SIZES[axis] for axis in range(4) if axis not in axes)
    queries, keys = (tuple(x.shape[axis] for axis in axes) for x in (QUERY, key))
    first = {
        "none": (),
        "batch": (2,),
        "ones": (1,) * len(outer),
        "outer": outer,
        "heads": (*outer, 1),
        "all heads": (*outer, 9),
    }[leading]
    given = {
        "": (*queries, *keys),
        "query": (*(1,) * len(queries), *keys),
        "key": (*queries, *(1,) * len(keys)),
        "part": (*queries[:-1], 1, *keys),
    }[narrow]
    pairs = np.random.default_rng(1).random((*first, *given)) > 0.5
    folded = to_numpy(AttentionAxes(5, axes).fold_pairs("mask", pairs, QUERY, key, 9))
    aligned = (*first, *(1,) * (len(outer) + 1 - len(first))) if first else (1,) * (len(outer) + 1)
    full = np.broadcast_to(pairs.reshape(*aligned, *given), (*outer, 9, *queries, *keys))
    expected = full.reshape(-1, 9, int(np.prod(queries)), int(np.prod(keys)))
    folded = folded if folded.ndim != 3 else folded[:, None]
    np.testing.assert_array_equal(np.broadcast_to(folded, expected.shape), expected)


@pytest.mark.parametrize("axes", KEY_SIZES)
def test_unfold_pairs_gives_the_axes_of_query_and_key(axes):
    key = np.zeros((*KEY_SIZES[axes], 8), "float32")
    outer = tuple(SIZES[axis] for axis in range(4) if axis not in axes)
    queries, keys = (tuple(x.shape[axis] for axis in axes) for x in (QUERY, key))
    weights = np.random.default_rng(2).random((*outer, 7, *queries, *keys)).astype("float32")
    folded = weights.reshape(-1, 7, int(np.prod(queries)), int(np.prod(keys)))
    attention_axes = AttentionAxes(5, axes)
    np.testing.assert_array_equal(to_numpy(attention_axes.unfold_pairs(folded, QUERY, key)), weights)
    flat_keys = to_numpy(attention_axes.unfold_pairs(folded, QUERY, None))
    np.testing.assert_array_equal(flat_keys.reshape(weights.shape), weights)
    decision = weights.reshape(*weights.shape[: -len(keys)], -1)[..., 0]
    actual = attention_axes.unfold_decision(folded[..., 0], QUERY)
    np.testing.assert_array_equal(to_numpy(actual), decision)


@pytest.mark.parametrize("shape", [(5,), (4, 5, 6), (2, 3, 9, 1, 4, 5, 6, 7)])
def test_fold_pairs_of_other_rank_raises(shape):
    with pytest.raises(ValueError, match=r"`prior` must end in .*2 each.*Received: prior.shape="):
        AttentionAxes(5, (2, 3)).fold_pairs("prior", np.ones(shape), QUERY, np.ones((2, 3, 6, 7, 8)), 9)


def test_mask_may_be_a_list_and_must_have_the_sizes_of_its_inputs():
    axes, mask = AttentionAxes(5, (2,)), QUERY[..., 0] % 4 > 0
    folded = axes.fold_mask("query_mask", mask.tolist(), SIZES)
    np.testing.assert_array_equal(folded, axes.fold(mask))
    with pytest.raises(ValueError, match="`query_mask` must have shape"):
        axes.fold_mask("query_mask", mask[:, :2], SIZES)
