"""The tiles against the plain formula, which the score's own tests check by hand."""

import keras
import numpy as np
import pytest

from foveal.layers import Additive
from foveal.layers.scores import energy as energy_module
from foveal.layers.scores.energy import energy, energy_at_once, energy_in_tiles, energy_of_pairs

UNITS = 3
SIZES = [((2,), 7, 11), ((5, 3), 2, 4), ((4,), 9, 1), ((1,), 6, 5), ((7,), 2, 2)]


def to_numpy(x):
    return keras.ops.convert_to_numpy(x)


def draw(leading, queries, keys, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (*leading, queries, UNITS), (*leading, keys, UNITS), (UNITS, 1)
    return [keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32")) for shape in shapes]


@pytest.fixture
def small(monkeypatch):
    """Tiles of few pairs, for the smallest of problems too."""
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 0)
    monkeypatch.setattr(energy_module, "TILE_SIZE", 60)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_tiles_give_the_scores_that_all_pairs_at_once_give(small, size):
    inputs = draw(*size)
    np.testing.assert_allclose(*(to_numpy(f(*inputs)) for f in (energy_in_tiles, energy_at_once)), atol=1e-5)


@pytest.mark.parametrize("leading", [(0,), (2, 0)], ids=str)
def test_a_batch_of_nothing_gives_no_scores(small, leading):
    assert energy_in_tiles(*draw(leading, 7, 5)).shape == (*leading, 7, 5)


class Learning(keras.Model):
    """Its weights are the inputs of a function, so that a step of training shows their gradients."""

    def __init__(self, function, inputs, slopes):
        super().__init__()
        self.function, self.slopes = function, slopes
        self.learned = [
            self.add_weight(shape=x.shape, initializer=lambda *_, x=x, **__: np.array(to_numpy(x)))
            for x in inputs
        ]

    def call(self, scale):
        scores = self.function(*(weight.value for weight in self.learned))
        return scale * keras.ops.multiply(scores, self.slopes)


def gradients(function, inputs, slopes, **compiled):
    model = Learning(function, inputs, slopes)
    model.compile(keras.optimizers.SGD(1.0), lambda _, y: keras.ops.sum(y), **compiled)
    before = model.get_weights()
    model.train_on_batch(np.ones(slopes.shape[:1] + (1,) * (slopes.ndim - 1)), np.zeros(slopes.shape))
    return [b - a for a, b in zip(model.get_weights(), before, strict=True)]


COMPILED = {"torch": ["run_eagerly"], "jax": ["jit_compile"]}.get(
    keras.backend.backend(), ["run_eagerly", "jit_compile"]
)


@pytest.mark.parametrize("compiled", COMPILED)
@pytest.mark.parametrize("size", SIZES[:3], ids=str)
def test_tiles_give_the_gradients_that_all_pairs_at_once_give(small, size, compiled):
    inputs = draw(*size)
    slopes = np.random.default_rng(1).normal(size=(*size[0], *size[1:])).astype("float32")
    expected = gradients(energy_at_once, inputs, slopes, **{compiled: True})
    actual = gradients(energy_in_tiles, inputs, slopes, **{compiled: True})
    for a, e in zip(actual, expected, strict=True):
        assert np.abs(e).max() > 0.1
        np.testing.assert_allclose(a, e, atol=2e-5)


def test_the_gradient_is_that_of_the_differences(small):
    inputs = draw((2,), 3, 4)
    slopes = np.random.default_rng(1).normal(size=(2, 3, 4)).astype("float32")
    step = 1e-2
    for which, gradient in enumerate(gradients(energy_in_tiles, inputs, slopes, **{COMPILED[0]: True})):
        moved = []
        for sign in (1, -1):
            changed = [to_numpy(x).copy() for x in inputs]
            changed[which].flat[1] += sign * step
            scores = energy_in_tiles(*map(keras.ops.convert_to_tensor, changed))
            moved.append((to_numpy(scores) * slopes).sum())
        np.testing.assert_allclose(gradient.flat[1], (moved[0] - moved[1]) / (2 * step), atol=1e-3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_lengths_that_a_graph_does_not_know_are_tiled_too(small, jit_compile):
    if keras.backend.backend() == "torch":
        jit_compile = False
    inputs = keras.Input((None, 5)), keras.Input((None, 6))
    score = Additive(UNITS)
    model = keras.Model(inputs, score(*inputs))
    model.compile("sgd", "mse", jit_compile=jit_compile)
    rng = np.random.default_rng(0)
    query, key = (rng.normal(size=(4, *size)).astype("float32") for size in ((7, 5), (9, 6)))
    expected = energy_at_once(score.query_dense(query), score.key_dense(key), score.v)
    np.testing.assert_allclose(model.predict([query, key], verbose=0), to_numpy(expected), atol=1e-5)
    before = model.get_weights()
    model.train_on_batch([query, key], np.ones((4, 7, 9)))
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))


def hidden_sizes(monkeypatch, function, inputs):
    """How many elements each hidden layer has that the function computes."""
    sizes, tanh = [], keras.ops.tanh

    def spy(x):
        sizes.append(int(np.prod(x.shape)))
        return tanh(x)

    with monkeypatch.context() as patch:
        patch.setattr(energy_module.ops, "tanh", spy)
        function(*inputs)
    return sizes


def test_no_tile_holds_more_than_twice_its_room(monkeypatch):
    inputs = draw((3,), 40, 50)  # 18,000 elements in all
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 17_999)
    monkeypatch.setattr(energy_module, "TILE_SIZE", 1000)
    sizes = hidden_sizes(monkeypatch, energy, inputs)
    assert max(sizes) <= 2000
    monkeypatch.setattr(energy_module, "MAX_HIDDEN_SIZE", 18_000)
    assert hidden_sizes(monkeypatch, energy, inputs) == [18_000]


def test_one_query_is_never_tiled(small, monkeypatch):
    assert hidden_sizes(monkeypatch, energy, draw((2,), 1, 50)) == [2 * 50 * UNITS]


def test_a_pair_has_the_energy_of_its_query_and_key():
    query, key, v = draw((2,), 4, 4)
    expected = np.diagonal(to_numpy(energy_at_once(query, key, v)), axis1=1, axis2=2)
    np.testing.assert_allclose(to_numpy(energy_of_pairs(query, key, v)), expected, atol=1e-6)
