"""Against position for position: which keys a block gets, and where its weights belong."""

import keras
import numpy as np
import pytest

from foveal.layers.functional import local_blocks
from foveal.layers.functional.local_blocks import LocalBlocks

BATCH, HEADS, DIM = 2, 3, 5


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(local_blocks, "_MIN_BLOCK_SIZE", 4)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def numbered(*shape):
    """A tensor whose every element is another number, none of them 0."""
    return 1 + np.arange(np.prod(shape), dtype="float32").reshape(shape)


CUTS = {
    "shorter than a block": LocalBlocks(BATCH, 3, 3, 2, 1),
    "one block": LocalBlocks(BATCH, 4, 4, 2, 1),
    "a rest": LocalBlocks(BATCH, 9, 9, 2, 1),
    "no rest": LocalBlocks(BATCH, 12, 12, 3, 3),
    "alone": LocalBlocks(BATCH, 7, 7, 0, 0),
    "a step in a cache": LocalBlocks(BATCH, 1, 12, 3, 0, 6),
    "the first step in a cache": LocalBlocks(BATCH, 1, 12, 3, 2, 0),
    "many steps in a cache": LocalBlocks(BATCH, 9, 12, 2, 2, 3),
}


@pytest.fixture(params=CUTS.values(), ids=list(CUTS))
def cut(request):
    return request.param


def places(cut):
    """Every query of every block with its position and those of its keys, as numbers."""
    queries = to_numpy(cut.query_positions)[:, 0]
    keys = to_numpy(cut.key_positions)[:, 0, 0]
    first = cut.start or 0
    for n, block in enumerate(queries):
        for s, position in enumerate(block):
            if position < first + cut.query_length:
                yield n, s, position - first, position, keys[n]


def test_blocks_hold_every_query_once_in_order(cut):
    assert [row for *_, row, _, _ in places(cut)] == list(range(cut.query_length))


def test_a_block_holds_the_keys_that_its_queries_see(cut):
    for *_, position, keys in places(cut):
        assert set(range(position - cut.back, position + cut.ahead + 1)) <= set(keys)


def test_what_exists_lies_within_the_sequence(cut):
    valid_pairs, first = to_numpy(cut.valid_pairs), cut.start or 0
    rows = {(n, s) for n, s, *_ in places(cut)}
    for n, s in np.ndindex(valid_pairs.shape[0], valid_pairs.shape[2]):
        keys = to_numpy(cut.key_positions)[n, 0, 0]
        within = (keys >= 0) & (keys < first + cut.query_length)
        np.testing.assert_array_equal(valid_pairs[n, 0, s], within & ((n, s) in rows))


def pairs_in_windows(cut):
    """How many pairs of a query and a key of its window there are."""
    first = cut.start or 0
    positions = range(first, first + cut.query_length)
    return sum(min(p + cut.ahead, cut.key_length - 1) - max(p - cut.back, 0) + 1 for p in positions)


def apart(tensor, cut):
    return to_numpy(tensor).reshape(BATCH, -1, *tensor.shape[1:])


def test_queries_and_keys_are_cut_where_their_positions_say(cut):
    queries, keys = numbered(BATCH, HEADS, cut.query_length, DIM), numbered(BATCH, HEADS, cut.key_length, DIM)
    split_queries, split_keys = apart(cut.split_queries(queries), cut), apart(cut.split_keys(keys), cut)
    compared = 0
    for n, s, row, _, places_of_keys in places(cut):
        np.testing.assert_array_equal(split_queries[:, n, :, s], queries[:, :, row])
        for column, place in enumerate(places_of_keys):
            if 0 <= place < cut.key_length:
                compared += 1
                np.testing.assert_array_equal(split_keys[:, n, :, column], keys[:, :, place])
    assert compared >= pairs_in_windows(cut)


@pytest.mark.parametrize("serving", [(), (0,), (1,), (2,), (3,), (0, 1, 2), (0, 1, 3)])
def test_pairs_are_cut_where_their_positions_say(cut, serving):
    sizes = [BATCH, HEADS, cut.query_length, cut.key_length]
    pairs = numbered(*(1 if axis in serving else size for axis, size in enumerate(sizes)))
    shape = to_numpy(cut.valid_pairs).shape
    split_pairs = to_numpy(cut.fold_into_batch(cut.split_pairs(pairs)))
    split_pairs = split_pairs.reshape(BATCH, shape[0], *split_pairs.shape[1:])
    split_pairs = np.broadcast_to(split_pairs, (BATCH, shape[0], HEADS, *shape[2:]))
    pairs = np.broadcast_to(pairs, sizes)
    compared = 0
    for n, s, row, _, places_of_keys in places(cut):
        for column, place in enumerate(places_of_keys):
            if 0 <= place < cut.key_length:
                compared += 1
                np.testing.assert_array_equal(split_pairs[:, n, :, s, column], pairs[:, :, row, place])
    assert compared >= pairs_in_windows(cut)


def test_joining_undoes_cutting(cut):
    heads = numbered(BATCH, HEADS, cut.query_length, DIM)
    np.testing.assert_array_equal(to_numpy(cut.merge_queries(cut.split_queries(heads))), heads)


def test_weights_are_spread_to_where_their_positions_say(cut):
    count, _, size, span = to_numpy(cut.valid_pairs).shape
    weights = numbered(BATCH, count, HEADS, size, span)
    to_dense = to_numpy(cut.to_dense(keras.ops.reshape(weights, (BATCH * count, HEADS, size, span))))
    expected = np.zeros((BATCH, HEADS, cut.query_length, cut.key_length))
    for n, s, row, _, places_of_keys in places(cut):
        for column, place in enumerate(places_of_keys):
            if 0 <= place < cut.key_length:
                expected[:, :, row, place] = weights[:, n, :, s, column]
    np.testing.assert_array_equal(to_dense, expected)
