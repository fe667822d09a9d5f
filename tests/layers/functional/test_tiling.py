"""Tiled computation: the decision to tile, and tiles that give what the whole tensor gives."""

import importlib
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers.functional.tiling import fits, map_rows, map_tiles, map_vector, take_rows

rng = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("sizes", "expected"), [((2, 3, 4), True), ((2, 3, 5), False), ((), True), ((0, 99), True)]
)
def test_fits_compares_number_of_elements(sizes, expected):
    assert fits(sizes, max_size=24) is expected


def test_symbolic_sizes_fit():
    assert fits((object(), 3), max_size=1) is True


@pytest.mark.parametrize(("size", "expected"), [(4, True), (5, False)])
def test_size_in_tensor_is_compared_when_the_graph_runs(size, expected):
    answer = fits((2, keras.ops.convert_to_tensor(size), 3), max_size=24)
    assert keras.ops.is_tensor(answer)
    assert bool(answer) is expected


def test_number_of_elements_does_not_overflow():
    size = keras.ops.convert_to_tensor(2**16)
    assert not bool(fits((size, size, size), max_size=2**24))


def test_take_rows_repeats_one_row_that_broadcasts():
    tensor = keras.ops.reshape(keras.ops.arange(6), (2, 3))
    rows = keras.ops.convert_to_tensor([2, 0])
    assert keras.ops.convert_to_numpy(take_rows(tensor, rows, 1)).tolist() == [[2, 0], [5, 3]]
    assert keras.ops.convert_to_numpy(take_rows(tensor[:1], rows, 0)).tolist() == [[0, 1, 2]] * 2


@pytest.mark.parametrize("size", [1, 4, 5, 11])
def test_map_vector_concatenates_tiles_and_cuts_the_last(size):
    squares = map_vector(lambda i: (4 * i + keras.ops.arange(4, dtype="int32")) ** 2, size, tile_size=4)
    assert keras.ops.convert_to_numpy(squares).tolist() == [n**2 for n in range(size)]


def normalize(rows):
    return rows / keras.ops.sum(keras.ops.abs(rows), axis=-1, keepdims=True)


@pytest.mark.parametrize("tile_size", [1, 10, 25, 1000])
def test_map_rows_matches_one_call(tile_size):
    inputs = rng.normal(size=(2, 7, 5)).astype("float32")
    expected = inputs / np.abs(inputs).sum(-1, keepdims=True)
    sizes = []

    def compute(rows):
        sizes.append(tuple(rows.shape))
        return normalize(rows)

    with np.errstate(invalid="ignore"):  # rows of padding are 0 / 0
        actual = map_rows(compute, keras.ops.convert_to_tensor(inputs), tile_size)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(actual), expected, rtol=1e-6)
    assert set(sizes) == {{1: (1, 5), 10: (2, 5), 25: (5, 5), 1000: (2, 7, 5)}[tile_size]}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="only TensorFlow has unknown sizes")
@pytest.mark.parametrize("jit_compile", [True, False])
@pytest.mark.parametrize("shape", [(2, 3, 5), (4, 7, 5), (2, 2, 31), (0, 3, 5)], ids=str)
def test_map_rows_of_unknown_sizes_matches_one_call(shape, jit_compile):
    tf: Any = importlib.import_module("tensorflow")
    inputs = rng.normal(size=shape).astype("float32")
    mapped = tf.function(
        lambda x: map_rows(normalize, x, 30),
        input_signature=[tf.TensorSpec([None] * 3)],
        jit_compile=jit_compile,
    )
    expected = inputs / np.abs(inputs).sum(-1, keepdims=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(mapped(inputs)), expected, rtol=1e-6)


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
