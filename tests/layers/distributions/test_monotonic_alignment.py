import keras
import numpy as np
import pytest

from foveal.layers.distributions.monotonic_alignment import apply_mask, monotonic_alignment

rng = np.random.default_rng(0)


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def found(probabilities, previous):
    return to_numpy(monotonic_alignment(*map(keras.ops.convert_to_tensor, (probabilities, previous))))


def all_walks(probabilities, start):
    """Every way to go over the keys, key after key: `(stops, probability)`; a stop is None at the end."""
    if not len(probabilities):
        return [((), 1.0)]
    walks, left = [], 1.0
    for key in range(len(probabilities[0]) if start is None else start, len(probabilities[0])):
        stop = left * probabilities[0][key]
        walks += [((key, *rest), stop * p) for rest, p in all_walks(probabilities[1:], key)]
        left *= 1 - probabilities[0][key]
    return walks + [((None, *rest), left * p) for rest, p in all_walks(probabilities[1:], None)]


def by_enumeration(probabilities, previous):
    expected = np.zeros_like(probabilities)
    for start, at_start in enumerate(previous):
        for stops, probability in all_walks(probabilities, start):
            for query, key in enumerate(stops):
                if key is not None:
                    expected[query, key] += at_start * probability
    return expected


def in_order(probabilities, previous):
    """The recurrence in float64, one key after the other."""
    expected = np.zeros(probabilities.shape)
    stands = previous.astype("float64")
    for query in range(probabilities.shape[-2]):
        arrives = np.zeros(stands.shape[:-1])
        for key in range(probabilities.shape[-1]):
            arrives = arrives + stands[..., key]
            expected[..., query, key] = arrives * probabilities[..., query, key]
            arrives = arrives - expected[..., query, key]
        stands = expected[..., query, :]
    return expected


@pytest.mark.parametrize("queries", [1, 3])
def test_is_the_sum_over_all_walks(queries):
    probabilities = rng.uniform(size=(2, queries, 4)).astype("float32")
    previous = rng.dirichlet(np.ones(4), size=2).astype("float32")
    expected = [by_enumeration(c, p) for c, p in zip(probabilities, previous, strict=True)]
    np.testing.assert_allclose(found(probabilities, previous), expected, atol=1e-6)


LONG = {
    "any": lambda shape: rng.uniform(size=shape),
    "near 0": lambda shape: 10.0 ** -rng.uniform(1, 9, size=shape),
    "near 1": lambda shape: 1 - 10.0 ** -rng.uniform(1, 9, size=shape),
    "near both": lambda shape: 1 / (1 + np.exp(30 * rng.normal(size=shape))),
    "0 and 1": lambda shape: rng.uniform(size=shape) < 0.3,
    "all 0": np.zeros,
    "all 1": np.ones,
}


@pytest.mark.parametrize("draw", LONG.values(), ids=list(LONG))
def test_is_exact_over_200_keys(draw):
    probabilities = draw((2, 3, 8, 200)).astype("float32")  # batch, heads, queries, keys
    previous = np.eye(200, dtype="float32")[rng.integers(0, 100, size=(2, 3))]
    actual = found(probabilities, previous)
    np.testing.assert_allclose(actual, in_order(probabilities, previous), rtol=2e-5, atol=1e-7)
    assert (actual >= 0).all()
    assert (actual.sum(-1) <= 1 + 1e-5).all()


def test_a_walk_that_has_passed_the_last_key_stays_there():
    probabilities = np.array([[[0, 0, 0], [1, 1, 1]]], "float32")
    np.testing.assert_array_equal(found(probabilities, np.eye(3, dtype="float32")[:1]), 0)


class Weighed(keras.Model):
    """Its loss is the alignment for chances and a start of its own, times a fixed direction."""

    def __init__(self, probabilities, previous, direction):
        super().__init__()
        self.direction = keras.ops.convert_to_tensor(direction)
        self.parts = [
            self.add_weight(shape=part.shape, initializer=lambda *_, part=part, **__: part)
            for part in (probabilities, previous)
        ]

    def call(self, inputs):
        walks = monotonic_alignment(*(part.value for part in self.parts))
        self.add_loss(keras.ops.sum(walks * self.direction))
        return inputs


def gradients(probabilities, previous, direction, compiled=False):
    """What one step of plain gradient descent subtracts."""
    model = Weighed(probabilities, previous, direction.astype("float32"))
    torch = keras.backend.backend() == "torch"  # its compiler takes minutes
    model.compile(
        keras.optimizers.SGD(1.0), run_eagerly=torch or not compiled, jit_compile=compiled and not torch
    )
    before = model.get_weights()
    model.train_on_batch(np.zeros((1, 1)))
    return [b - a for b, a in zip(before, model.get_weights(), strict=True)]


@pytest.mark.parametrize("compiled", [False, True])
def test_gradients_are_those_of_small_differences(compiled):
    probabilities = rng.uniform(0.1, 0.9, size=(1, 3, 4)).astype("float32")
    previous = rng.dirichlet(np.ones(4), size=1).astype("float32")
    direction = rng.normal(size=probabilities.shape)

    def slope(of, index):
        ends = []
        for step in (1e-6, -1e-6):
            parts = [probabilities.astype("float64"), previous.astype("float64")]
            parts[of][index] += step
            ends.append((in_order(*parts) * direction).sum())
        return (ends[0] - ends[1]) / 2e-6

    for of, actual in enumerate(gradients(probabilities, previous, direction, compiled)):
        expected = [slope(of, index) for index in np.ndindex(actual.shape)]
        np.testing.assert_allclose(actual.ravel(), expected, rtol=1e-3, atol=1e-5)


def test_gradients_of_long_walks_are_finite():
    probabilities = LONG["near both"]((2, 6, 200)).astype("float32")
    previous = np.eye(200, dtype="float32")[[0, 3]]
    for gradient in gradients(probabilities, previous, rng.normal(size=probabilities.shape), compiled=True):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


def test_lengths_that_a_graph_does_not_know_pass_and_train():
    class Walk(keras.layers.Layer):
        def call(self, probabilities):
            first = keras.ops.cast(keras.ops.arange(keras.ops.shape(probabilities)[-1]) == 0, "float32")
            return monotonic_alignment(
                probabilities, keras.ops.broadcast_to(first, keras.ops.shape(probabilities[:, 0]))
            )

    inputs = keras.Input((None, None, 1))
    probabilities = keras.layers.Dense(1, "sigmoid")(inputs)[..., 0]
    model = keras.Model(inputs, [probabilities, Walk()(probabilities)])
    model.compile("sgd", [None, "mse"], run_eagerly=keras.backend.backend() == "torch")
    for queries, keys in ((3, 5), (1, 4), (2, 9)):
        x = rng.normal(size=(2, queries, keys, 1)).astype("float32")
        drawn, walks = (to_numpy(part) for part in model(x))
        np.testing.assert_allclose(walks, in_order(drawn, np.eye(keys)[[0, 0]]), atol=1e-6)
        before = model.get_weights()
        model.train_on_batch(x, np.ones((2, queries, keys)))
        assert any((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
        assert all(np.isfinite(weight).all() for weight in model.get_weights())


def test_what_is_masked_is_not_visible():
    weights = np.array([[0.25, 0.75]])
    np.testing.assert_array_equal(to_numpy(apply_mask(weights, None)), weights)
    np.testing.assert_array_equal(to_numpy(apply_mask(weights, np.array([True, False]))), [[0.25, 0]])
