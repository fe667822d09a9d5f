"""Monotonic alignment and chunkwise weights against enumeration, recurrences and finite differences."""

import keras
import numpy as np
import pytest

from foveal.layers.distributions.monotonic_alignment import (
    apply_mask,
    chunkwise_weights,
    monotonic_alignment,
)

rng = np.random.default_rng(0)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def align(probabilities, previous):
    return to_numpy(monotonic_alignment(*map(keras.ops.convert_to_tensor, (probabilities, previous))))


def align_by_enumeration(probabilities, previous, all_alignments):
    expected = np.zeros_like(probabilities)
    for start, start_probability in enumerate(previous):
        for stops, probability in all_alignments(probabilities, start):
            for query, key in enumerate(stops):
                if key is not None:
                    expected[query, key] += start_probability * probability
    return expected


def align_sequentially(probabilities, previous):
    """Compute the recurrence in float64, one key after the other."""
    expected = np.zeros(probabilities.shape)
    alignment = previous.astype("float64")
    for query in range(probabilities.shape[-2]):
        arrival = np.zeros(alignment.shape[:-1])
        for key in range(probabilities.shape[-1]):
            arrival = arrival + alignment[..., key]
            expected[..., query, key] = arrival * probabilities[..., query, key]
            arrival = arrival - expected[..., query, key]
        alignment = expected[..., query, :]
    return expected


@pytest.mark.parametrize("queries", [1, 3])
def test_monotonic_alignment_matches_enumeration(queries, all_alignments):
    probabilities = rng.uniform(size=(2, queries, 4)).astype("float32")
    previous = rng.dirichlet(np.ones(4), size=2).astype("float32")
    expected = [
        align_by_enumeration(*example, all_alignments)
        for example in zip(probabilities, previous, strict=True)
    ]
    np.testing.assert_allclose(align(probabilities, previous), expected, atol=1e-6)


LONG = {
    "any": lambda shape: rng.uniform(size=shape),
    "near 0": lambda shape: 10.0 ** -rng.uniform(1, 9, size=shape),
    "near 1": lambda shape: 1 - 10.0 ** -rng.uniform(1, 9, size=shape),
    "near both": lambda shape: 1 / (1 + np.exp(30 * rng.normal(size=shape))),
    "0 and 1": lambda shape: rng.uniform(size=shape) < 0.3,
    "all 0": np.zeros,
    "all 1": np.ones,
}


@pytest.mark.parametrize("make_probabilities", LONG.values(), ids=list(LONG))
def test_monotonic_alignment_is_accurate_over_200_keys(make_probabilities):
    probabilities = make_probabilities((2, 3, 8, 200)).astype("float32")  # batch, heads, queries, keys
    previous = np.eye(200, dtype="float32")[rng.integers(0, 100, size=(2, 3))]
    actual = align(probabilities, previous)
    np.testing.assert_allclose(actual, align_sequentially(probabilities, previous), rtol=2e-5, atol=1e-7)
    assert (actual >= 0).all()
    assert (actual.sum(-1) <= 1 + 1e-5).all()


def test_monotonic_alignment_after_last_key_stays_zero():
    probabilities = np.array([[[0, 0, 0], [1, 1, 1]]], "float32")
    np.testing.assert_array_equal(align(probabilities, np.eye(3, dtype="float32")[:1]), 0)


class AlignmentModel(keras.Model):
    """Model whose weights are probabilities and start, and whose loss is their alignment by a direction."""

    def __init__(self, probabilities, previous, direction):
        super().__init__()
        self.direction = keras.ops.convert_to_tensor(direction)
        self.arguments = [
            self.add_weight(shape=array.shape, initializer=lambda *_, array=array, **__: array)
            for array in (probabilities, previous)
        ]

    def call(self, inputs):
        alignment = monotonic_alignment(*(argument.value for argument in self.arguments))
        self.add_loss(keras.ops.sum(alignment * self.direction))
        return inputs


def gradients(probabilities, previous, direction, compiled=False):
    """Return the gradients of both arguments, from one step of gradient descent."""
    model = AlignmentModel(probabilities, previous, direction.astype("float32"))
    torch = keras.backend.backend() == "torch"  # its compiler takes minutes
    model.compile(
        keras.optimizers.SGD(1.0), run_eagerly=torch or not compiled, jit_compile=compiled and not torch
    )
    before = model.get_weights()
    model.train_on_batch(np.zeros((1, 1)))
    return [b - a for b, a in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("compiled", [False, True])
def test_monotonic_alignment_gradients_match_finite_differences(compiled):
    probabilities = rng.uniform(0.1, 0.9, size=(1, 3, 4)).astype("float32")
    previous = rng.dirichlet(np.ones(4), size=1).astype("float32")
    direction = rng.normal(size=probabilities.shape)

    def slope(argument, index):
        sums = []
        for step in (1e-6, -1e-6):
            arguments = [probabilities.astype("float64"), previous.astype("float64")]
            arguments[argument][index] += step
            sums.append((align_sequentially(*arguments) * direction).sum())
        return (sums[0] - sums[1]) / 2e-6

    for argument, actual in enumerate(gradients(probabilities, previous, direction, compiled)):
        expected = [slope(argument, index) for index in np.ndindex(actual.shape)]
        np.testing.assert_allclose(actual.ravel(), expected, rtol=1e-3, atol=1e-5)


def test_monotonic_alignment_compiled_gradients_over_200_keys_are_finite():
    probabilities = LONG["near both"]((2, 6, 200)).astype("float32")
    previous = np.eye(200, dtype="float32")[[0, 3]]
    direction = rng.normal(size=probabilities.shape)
    for gradient in gradients(probabilities, previous, direction, compiled=True):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_monotonic_alignment_of_unknown_lengths_trains():
    class Alignment(keras.layers.Layer):
        def call(self, probabilities):
            first = keras.ops.cast(keras.ops.arange(keras.ops.shape(probabilities)[-1]) == 0, "float32")
            return monotonic_alignment(
                probabilities, keras.ops.broadcast_to(first, keras.ops.shape(probabilities[:, 0]))
            )

    inputs = keras.Input((None, None, 1))
    probabilities = keras.layers.Dense(1, "sigmoid")(inputs)[..., 0]
    model = keras.Model(inputs, [probabilities, Alignment()(probabilities)])
    model.compile("sgd", [None, "mse"], run_eagerly=keras.backend.backend() == "torch")
    for queries, keys in ((3, 5), (1, 4), (2, 9)):
        x = rng.normal(size=(2, queries, keys, 1)).astype("float32")
        computed, alignment = (to_numpy(output) for output in model(x))
        expected = align_sequentially(computed, np.eye(keys)[[0, 0]])
        np.testing.assert_allclose(alignment, expected, atol=1e-6)
        before = model.get_weights()
        model.train_on_batch(x, np.ones((2, queries, keys)))
        assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
        assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_apply_mask_sets_masked_weights_to_zero():
    weights = np.array([[0.25, 0.75]])
    np.testing.assert_array_equal(to_numpy(apply_mask(weights, None)), weights)
    np.testing.assert_array_equal(to_numpy(apply_mask(weights, np.array([True, False]))), [[0.25, 0]])


# --- chunkwise weights ---------------------------------------------------------------------------------

ALIGNMENT = np.random.default_rng(1).dirichlet(np.ones(5), size=(2, 3)).astype("float32")
ENERGIES = np.random.default_rng(2).normal(size=(2, 3, 5)).astype("float32")  # batch, queries, keys
MASK = np.array([[[1, 0, 1, 1, 1]], [[1, 1, 1, 0, 0]]], bool)


def chunkwise(alignment, *arguments):
    return to_numpy(chunkwise_weights(keras.ops.convert_to_tensor(alignment), *arguments))


def chunkwise_by_loop(alignment, energies, mask, chunk_size):
    expected = np.zeros(alignment.shape)
    for *row, end in np.ndindex(alignment.shape):
        row_mask = np.broadcast_to(mask, alignment.shape)[tuple(row)]
        keys = [k for k in range(max(0, end - chunk_size + 1), end + 1) if row_mask[k]]
        exponents = np.exp([float(energies[(*row, k)]) for k in keys])
        for key, exponent in zip(keys, exponents, strict=True):
            expected[(*row, key)] += alignment[(*row, end)] * exponent / exponents.sum()
    return expected


@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
def test_chunkwise_weights_match_loop_over_chunks(chunk_size, mask):
    alignment = ALIGNMENT if mask is None else ALIGNMENT * mask
    actual = chunkwise(alignment, ENERGIES, mask, chunk_size)
    expected = chunkwise_by_loop(alignment, ENERGIES, True if mask is None else mask, chunk_size)
    np.testing.assert_allclose(actual, expected, atol=1e-6)
    np.testing.assert_allclose(actual.sum(-1), alignment.sum(-1), rtol=1e-5)


def test_chunkwise_weights_of_chunk_size_one_are_the_alignment():
    np.testing.assert_allclose(chunkwise(ALIGNMENT, ENERGIES, None, 1), ALIGNMENT, rtol=1e-6)


def test_chunkwise_weights_do_not_underflow_for_distant_energies():
    energies = np.array([[900.0, 0.0, 0.0, -900.0, -900.0]])
    alignment = np.array([[0.0, 0.0, 0.5, 0.0, 0.5]], "float32")
    actual = chunkwise(alignment, energies, None, 2)
    np.testing.assert_allclose(actual, [[0, 0.25, 0.25, 0.25, 0.25]], rtol=1e-6)


def test_chunkwise_weights_of_fully_masked_row_are_zero():
    actual = chunkwise(ALIGNMENT, ENERGIES, np.zeros((2, 1, 1), bool), 3)
    np.testing.assert_array_equal(actual, 0)
