"""Local blocks against an enumeration of query and key positions."""

import keras
import numpy as np
import pytest

from foveal.layers.functional import local_blocks
from foveal.layers.functional.local_blocks import LocalBlocks

BATCH, HEADS, DIM = 2, 3, 5


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(local_blocks, "_MIN_BLOCK_SIZE", 4)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def numbered(*shape):
    """Make a tensor of different nonzero numbers."""
    return 1 + np.arange(np.prod(shape), dtype="float32").reshape(shape)


CASES = {
    "shorter than a block": LocalBlocks(BATCH, 3, 3, 2, 1),
    "one block": LocalBlocks(BATCH, 4, 4, 2, 1),
    "partial last block": LocalBlocks(BATCH, 9, 9, 2, 1),
    "full last block": LocalBlocks(BATCH, 12, 12, 3, 3),
    "no neighbours": LocalBlocks(BATCH, 7, 7, 0, 0),
    "a step in a cache": LocalBlocks(BATCH, 1, 12, 3, 0, 6),
    "the first step in a cache": LocalBlocks(BATCH, 1, 12, 3, 2, 0),
    "many steps in a cache": LocalBlocks(BATCH, 9, 12, 2, 2, 3),
}


@pytest.fixture(params=CASES.values(), ids=list(CASES))
def blocks(request):
    return request.param


def enumerate_queries(blocks):
    """Yield block, index in the block, row, position and key positions of each query."""
    queries = to_numpy(blocks.query_positions)[:, 0]
    keys = to_numpy(blocks.key_positions)[:, 0, 0]
    first = blocks.start or 0
    for n, block in enumerate(queries):
        for s, position in enumerate(block):
            if position < first + blocks.query_length:
                yield n, s, position - first, position, keys[n]


def test_blocks_contain_each_query_once_in_order(blocks):
    assert [row for *_, row, _, _ in enumerate_queries(blocks)] == list(range(blocks.query_length))


def test_block_contains_visible_keys_of_its_queries(blocks):
    for *_, position, keys in enumerate_queries(blocks):
        assert set(range(position - blocks.back, position + blocks.ahead + 1)) <= set(keys)


def test_valid_pairs_are_inside_sequence(blocks):
    valid_pairs, first = to_numpy(blocks.valid_pairs), blocks.start or 0
    rows = {(n, s) for n, s, *_ in enumerate_queries(blocks)}
    for n, s in np.ndindex(valid_pairs.shape[0], valid_pairs.shape[2]):
        keys = to_numpy(blocks.key_positions)[n, 0, 0]
        within = (keys >= 0) & (keys < first + blocks.query_length)
        np.testing.assert_array_equal(valid_pairs[n, 0, s], within & ((n, s) in rows))


def pairs_in_windows(blocks):
    """Count the pairs of a query and a key of its window."""
    first = blocks.start or 0
    positions = range(first, first + blocks.query_length)
    return sum(min(p + blocks.ahead, blocks.key_length - 1) - max(p - blocks.back, 0) + 1 for p in positions)


def unfold_blocks(tensor, blocks):
    return to_numpy(tensor).reshape(BATCH, -1, *tensor.shape[1:])


def test_split_queries_and_keys_match_positions(blocks):
    queries, keys = (
        numbered(BATCH, HEADS, blocks.query_length, DIM),
        numbered(BATCH, HEADS, blocks.key_length, DIM),
    )
    split_queries, split_keys = (
        unfold_blocks(blocks.split_queries(queries), blocks),
        unfold_blocks(blocks.split_keys(keys), blocks),
    )
    count = 0
    for n, s, row, _, key_positions in enumerate_queries(blocks):
        np.testing.assert_array_equal(split_queries[:, n, :, s], queries[:, :, row])
        for column, key in enumerate(key_positions):
            if 0 <= key < blocks.key_length:
                count += 1
                np.testing.assert_array_equal(split_keys[:, n, :, column], keys[:, :, key])
    assert count >= pairs_in_windows(blocks)


@pytest.mark.parametrize("broadcast_axes", [(), (0,), (1,), (2,), (3,), (0, 1, 2), (0, 1, 3)])
def test_split_pairs_matches_positions(blocks, broadcast_axes):
    sizes = [BATCH, HEADS, blocks.query_length, blocks.key_length]
    pairs = numbered(*(1 if axis in broadcast_axes else size for axis, size in enumerate(sizes)))
    shape = to_numpy(blocks.valid_pairs).shape
    split_pairs = to_numpy(blocks.fold_into_batch(blocks.split_pairs(pairs)))
    split_pairs = split_pairs.reshape(BATCH, shape[0], *split_pairs.shape[1:])
    split_pairs = np.broadcast_to(split_pairs, (BATCH, shape[0], HEADS, *shape[2:]))
    pairs = np.broadcast_to(pairs, sizes)
    count = 0
    for n, s, row, _, key_positions in enumerate_queries(blocks):
        for column, key in enumerate(key_positions):
            if 0 <= key < blocks.key_length:
                count += 1
                np.testing.assert_array_equal(split_pairs[:, n, :, s, column], pairs[:, :, row, key])
    assert count >= pairs_in_windows(blocks)


def test_merge_queries_inverts_split_queries(blocks):
    heads = numbered(BATCH, HEADS, blocks.query_length, DIM)
    np.testing.assert_array_equal(to_numpy(blocks.merge_queries(blocks.split_queries(heads))), heads)


def test_to_dense_matches_positions(blocks):
    count, _, size, span = to_numpy(blocks.valid_pairs).shape
    weights = numbered(BATCH, count, HEADS, size, span)
    to_dense = to_numpy(blocks.to_dense(keras.ops.reshape(weights, (BATCH * count, HEADS, size, span))))
    expected = np.zeros((BATCH, HEADS, blocks.query_length, blocks.key_length))
    for n, s, row, _, key_positions in enumerate_queries(blocks):
        for column, key in enumerate(key_positions):
            if 0 <= key < blocks.key_length:
                expected[:, :, row, key] = weights[:, n, :, s, column]
    np.testing.assert_array_equal(to_dense, expected)
