"""Tiled computation: the decision to tile, and tiles that give what the whole tensor gives."""

import keras
import numpy as np
import pytest

from foveal.layers.functional.tiling import map_rows, map_tiles, needs_tiling

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [((2, 3, 4), False), ((2, 3, 5), True), ((), False), ((None, 3), True), ((0, 99), False)],
)
def test_needs_tiling_compares_elements_and_tiles_unknown_sizes(sizes, expected):
    assert needs_tiling(sizes, max_size=24) is expected


def test_needs_tiling_is_false_for_symbolic_sizes():
    assert not needs_tiling((object(), 3), max_size=1)


@pytest.mark.parametrize("tile_size", [1, 10, 25, 1000])
def test_map_rows_matches_one_call(tile_size):
    inputs = rng.normal(size=(2, 7, 5)).astype("float32")
    expected = inputs / np.abs(inputs).sum(-1, keepdims=True)
    sizes = []

    def normalize(rows):
        sizes.append(rows.shape)
        return rows / keras.ops.sum(keras.ops.abs(rows), axis=-1, keepdims=True)

    with np.errstate(invalid="ignore"):  # rows of padding are 0 / 0
        actual = map_rows(normalize, keras.ops.convert_to_tensor(inputs), tile_size)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, rtol=1e-6)
    if tile_size == 1000:
        assert sizes == [(2, 7, 5)]


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("tile_size", [1, 40, 10_000])
def test_map_tiles_matches_one_call(rows, tile_size):
    query, key, values = (
        keras.ops.convert_to_tensor(rng.normal(size=(rows, *sizes)).astype("float32"))
        for sizes in ((4, 2), (3, 2), (4, 6))
    )

    def compute(query, key, values):
        return [keras.ops.matmul(query, keras.ops.swapaxes(key, 1, 2)), 2 * values]

    actual = map_tiles(compute, query, key, values, tile_size=tile_size)
    for result, expected in zip(actual, compute(query, key, values), strict=True):
        np.testing.assert_allclose(
            keras.ops.convert_to_numpy(result), keras.ops.convert_to_numpy(expected), rtol=1e-5
        )
