"""Energy in tiles against the plain formula, which `test_additive.py` checks."""

import keras
import numpy as np
import pytest

from foveal.layers import Additive
from foveal.layers.scores import energy as energy_module
from foveal.layers.scores.energy import energy, energy_at_once, energy_in_tiles, energy_of_pairs

UNITS = 3
SIZES = [((2,), 7, 11), ((5, 3), 2, 4), ((4,), 9, 1), ((1,), 6, 5), ((7,), 2, 2)]
TORCH = keras.backend.backend() == "torch"  # its compiler takes minutes


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def random_inputs(leading, queries, keys, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (*leading, queries, UNITS), (*leading, keys, UNITS), (UNITS, 1)
    return [keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32")) for shape in shapes]


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of few pairs, also for small inputs."""
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 0)
    monkeypatch.setattr(energy_module, "TILE_SIZE", 60)
    monkeypatch.setattr(energy_module, "TILE_SIZE_OF_UNKNOWN", 60)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_energy_in_tiles_matches_energy_at_once(small_tiles, size):
    inputs = random_inputs(*size)
    np.testing.assert_allclose(*(to_numpy(f(*inputs)) for f in (energy_in_tiles, energy_at_once)), atol=1e-5)


@pytest.mark.parametrize("leading", [(0,), (2, 0)], ids=str)
def test_energy_of_empty_batch_is_empty(small_tiles, leading):
    assert energy_in_tiles(*random_inputs(leading, 7, 5)).shape == (*leading, 7, 5)


class EnergyModel(keras.Model):
    """Model whose weights are the inputs of a function, so that a training step gives their gradients."""

    def __init__(self, function, inputs, upstream):
        super().__init__()
        self.function, self.upstream = function, upstream
        self.inputs_as_weights = [
            self.add_weight(shape=x.shape, initializer=lambda *_, x=x, **__: np.array(to_numpy(x)))
            for x in inputs
        ]

    def call(self, scale):
        scores = self.function(*(weight.value for weight in self.inputs_as_weights))
        return scale * keras.ops.multiply(scores, self.upstream)


def gradients(function, inputs, upstream, compiled=False):
    model = EnergyModel(function, inputs, upstream)
    arguments = {"jit_compile": True} if compiled and not TORCH else {"run_eagerly": True}
    if keras.backend.backend() == "jax":
        arguments = {"jit_compile": True}
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: keras.ops.sum(y), **arguments)
    before = model.get_weights()
    model.train_on_batch(np.ones(upstream.shape[:1] + (1,) * (upstream.ndim - 1)), np.zeros(upstream.shape))
    return [b - a for a, b in zip(model.get_weights(), before, strict=True)]


@pytest.mark.parametrize(
    ("size", "compiled"), [*((size, False) for size in SIZES[:3]), (SIZES[1], True)], ids=str
)
def test_energy_in_tiles_gradient_matches_energy_at_once(small_tiles, size, compiled):
    inputs = random_inputs(*size)
    upstream = np.random.default_rng(1).normal(size=(*size[0], *size[1:])).astype("float32")
    expected = gradients(energy_at_once, inputs, upstream)
    actual = gradients(energy_in_tiles, inputs, upstream, compiled)
    for a, e in zip(actual, expected, strict=True):
        assert np.abs(e).max() > 0.1
        np.testing.assert_allclose(a, e, atol=2e-5)


def test_energy_in_tiles_gradient_matches_finite_differences(small_tiles):
    inputs = random_inputs((2,), 3, 4)
    upstream = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    step = 1e-2
    for index, gradient in enumerate(gradients(energy_in_tiles, inputs, upstream)):
        sums = []
        for sign in (1, -1):
            shifted = [to_numpy(x).copy() for x in inputs]
            shifted[index].flat[1] += sign * step
            scores = energy_in_tiles(*map(keras.ops.convert_to_tensor, shifted))
            sums.append((to_numpy(scores) * upstream).sum())
        np.testing.assert_allclose(gradient.flat[1], (sums[0] - sums[1]) / (2 * step), atol=1e-3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_energy_in_tiles_accepts_unknown_lengths(small_tiles, jit_compile):
    inputs = keras.Input((None, 5)), keras.Input((None, 6))
    score = Additive(UNITS)
    model = keras.Model(inputs, score(*inputs))
    model.compile("sgd", "mse", jit_compile=jit_compile and not TORCH)
    rng = np.random.default_rng(0)
    query, key = (rng.normal(size=(4, *size)).astype("float32") for size in ((7, 5), (9, 6)))
    expected = energy_at_once(score.query_dense(query), score.key_dense(key), score.v)
    np.testing.assert_allclose(model.predict_on_batch([query, key]), to_numpy(expected), atol=1e-5)
    if not jit_compile:
        before = model.get_weights()
        model.train_on_batch([query, key], np.ones((4, 7, 9)))
        assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def hidden_sizes(monkeypatch, function, inputs):
    """Return the number of elements of each hidden layer that the function computes."""
    sizes, tanh = [], keras.ops.tanh

    def spy(x):
        sizes.append(int(np.prod(x.shape)))
        return tanh(x)

    with monkeypatch.context() as patch:
        patch.setattr(energy_module.ops, "tanh", spy)
        function(*inputs)
    return sizes


def test_energy_tiles_hold_at_most_twice_tile_size(monkeypatch):
    inputs = random_inputs((3,), 40, 50)  # 18,000 elements in all
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 17_999)
    monkeypatch.setattr(energy_module, "TILE_SIZE", 1000)
    monkeypatch.setattr(energy_module, "TILE_SIZE_OF_UNKNOWN", 1000)
    sizes = hidden_sizes(monkeypatch, energy, inputs)
    assert max(sizes) <= 2000
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 18_000)
    assert hidden_sizes(monkeypatch, energy, inputs) == [18_000]


def test_energy_of_single_query_is_not_tiled(small_tiles, monkeypatch):
    assert hidden_sizes(monkeypatch, energy, random_inputs((2,), 1, 50)) == [2 * 50 * UNITS]


def test_energy_of_pairs_matches_diagonal():
    query, key, v = random_inputs((2,), 4, 4)
    expected = np.diagonal(to_numpy(energy_at_once(query, key, v)), axis1=1, axis2=2)
    np.testing.assert_allclose(to_numpy(energy_of_pairs(query, key, v)), expected, atol=1e-6)
