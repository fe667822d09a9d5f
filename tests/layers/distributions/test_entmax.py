"""Entmax family against sorting, bisection and closed-form Jacobians, in tiles, and the entmax package."""

import sys

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foveal.layers import entmax, entmax15, masked_softmax, sparsemax

rng = np.random.default_rng(0)


def sparsemax_by_sorting(scores, alpha=2):
    """Compute sparsemax of one row (Martins & Astudillo 2016, algorithm 1)."""
    scores = scores - scores.max()
    ordered = np.sort(scores)[::-1]
    thresholds = (ordered.cumsum() - 1) / np.arange(1, len(ordered) + 1)
    tau = thresholds[ordered > thresholds][-1]
    return np.maximum(scores - tau, 0)


def entmax_by_bisection(scores, alpha):
    """Compute entmax of one row; bisection finds the threshold at which the weights sum to 1."""
    scores = (alpha - 1) * (scores - scores.max())
    low, high = -1.0, 0.0
    for _ in range(200):
        tau = (low + high) / 2
        weights = np.maximum(scores - tau, 0) ** (1 / (alpha - 1))
        low, high = (tau, high) if weights.sum() > 1 else (low, tau)
    return weights


def jacobian(weights, alpha):
    """Compute the Jacobian of one row in closed form (Peters et al. 2019, proposition 2)."""
    slopes = np.where(weights > 0, weights ** (2 - alpha), 0)
    return np.diag(slopes) - np.outer(slopes, slopes) / slopes.sum()


KINDS = {
    "sparsemax": (sparsemax, sparsemax_by_sorting, 2.0),
    "entmax15": (entmax15, entmax_by_bisection, 1.5),
    **{
        f"entmax {alpha}": (
            lambda z, mask=None, alpha=alpha: entmax(z, alpha, mask),
            entmax_by_bisection,
            alpha,
        )
        for alpha in (1.05, 1.3, 1.5, 1.8, 2.0)
    },
}


@pytest.fixture(params=KINDS.values(), ids=list(KINDS))
def kind(request):
    return request.param


def to_numpy(x):
    return keras.ops.convert_to_numpy(keras.ops.cast(x, "float32"))


def apply_to_rows(oracle, scores, alpha):
    return np.array([oracle(row, alpha) for row in scores.astype("float64")])


class DirectionModel(keras.Model):
    """Model whose weights are the inputs of a function, and whose loss is its output by a direction."""

    def __init__(self, function, arguments, directions):
        super().__init__()
        self.function, self.directions = function, keras.ops.convert_to_tensor(directions)
        self.arguments = [
            self.add_weight(shape=x.shape, initializer=lambda *_, x=x, **__: x) for x in arguments
        ]

    def call(self, inputs):
        outputs = self.function(*(argument.value for argument in self.arguments))
        self.add_loss(keras.ops.sum(outputs * self.directions))
        return inputs


def gradients(function, *arguments, directions, compiled=False):
    """Return the gradients of `sum(function(*arguments) * directions)`, from one step of descent."""
    arguments = [np.asarray(argument, "float32") for argument in arguments]
    model = DirectionModel(function, arguments, directions.astype("float32"))
    torch = keras.backend.backend() == "torch"  # its compiler takes minutes
    model.compile(keras.optimizers.SGD(1.0), jit_compile=compiled, run_eagerly=torch or not compiled)
    before = model.get_weights()
    model.train_on_batch(np.zeros((1, 1)))
    return [b - a for b, a in zip(before, model.get_weights(), strict=True)]


# --- values -------------------------------------------------------------------------------------------


def test_sparsemax_and_entmax15_match_hand_computed_values():
    np.testing.assert_allclose(to_numpy(sparsemax(np.array([0.5, 0.25, -1], "float32"))), [0.625, 0.375, 0])
    # (0 - tau)^2 + (-1/2 - tau)^2 = 1, hence tau = -(1 + sqrt(7)) / 4
    root = (1 + 7**0.5) / 4
    np.testing.assert_allclose(
        to_numpy(entmax15(np.array([3, 2], "float32"))), [root**2, (root - 0.5) ** 2], rtol=1e-6
    )


ROWS = {
    "normal": lambda n, rng: rng.normal(size=n),
    "close": lambda n, rng: 1e-3 * rng.normal(size=n),
    "distant": lambda n, rng: 30 * rng.normal(size=n),
    "huge": lambda n, rng: 1e30 * rng.normal(size=n),
    "heavy tail": lambda n, rng: rng.standard_cauchy(size=n),
    "equal": lambda n, _: np.zeros(n),
    "ties": lambda n, rng: rng.integers(0, 3, size=n) / 4,
    "at the edge": lambda n, _: -(1 + 1e-7) * (np.arange(n) > 0),
    "even": lambda n, _: np.linspace(-3, 0, n),
    "high": lambda n, rng: 1000 + rng.integers(0, 8, size=n) / 8,
}


@pytest.mark.parametrize("keys", [1, 2, 5, 300, 4096])
def test_entmax_family_matches_sorting_or_bisection(kind, keys):
    function, oracle, alpha = kind
    rng = np.random.default_rng(keys)
    scores = np.array([make(keys, rng) for make in ROWS.values()]).astype("float32")
    weights = to_numpy(function(scores))
    np.testing.assert_allclose(weights, apply_to_rows(oracle, scores, alpha), atol=5e-7)
    np.testing.assert_allclose(weights.sum(-1, dtype="float64"), 1, atol=1e-6 + 6e-8 * keys)
    assert (weights >= 0).all()


@pytest.mark.parametrize("fraction", [0.1, 0.3, 0.5])
def test_sparsemax_is_accurate_in_worst_case_of_threshold_search(fraction):
    scores, tau, gap, remaining = [0.0], -1.0, 4000.0, 4000
    while remaining > 2 and gap > 1e-6:  # each step towards the threshold drops few keys
        dropped = max(1, round(fraction * remaining))
        scores += [tau + 1e-9] * dropped
        tau, gap, remaining = tau + gap / remaining, gap * dropped / remaining, remaining - dropped
    scores = np.array([scores], "float32")
    expected = apply_to_rows(sparsemax_by_sorting, scores, 2)
    np.testing.assert_allclose(to_numpy(sparsemax(scores)), expected, atol=5e-7)


def test_entmax_at_special_alphas_matches_softmax_entmax15_and_sparsemax():
    scores = rng.normal(size=(3, 4, 5)).astype("float32")
    mask = rng.random((4, 5)) < 0.7
    for alpha, function in ((1.0, masked_softmax), (1.5, entmax15), (2.0, sparsemax)):
        weights, expected = to_numpy(entmax(scores, alpha, mask)), to_numpy(function(scores, mask))
        np.testing.assert_allclose(weights, expected, atol=1e-4 if alpha == 1 else 1e-6)


def test_entmax_accepts_alpha_of_each_row():
    scores = rng.normal(size=(3, 5)).astype("float32")
    alphas = np.array([[1.2], [1.5], [1.9]], "float32")
    expected = [
        entmax_by_bisection(row.astype("float64"), alpha)
        for row, (alpha,) in zip(scores, alphas, strict=True)
    ]
    np.testing.assert_allclose(to_numpy(entmax(scores, alphas)), expected, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.9, 2.1])
def test_entmax_invalid_alpha_raises(alpha):
    with pytest.raises(ValueError, match=rf"`alpha` must be in \[1, 2\]. Received: alpha={alpha}"):
        entmax(np.zeros((1, 2)), alpha)


FLOATS = st.floats(-8, 8, width=32)


@pytest.mark.parametrize("name", KINDS)
@settings(max_examples=10, deadline=None)
@given(arrays("float32", (1, 7), elements=FLOATS), st.floats(-100, 100, width=16), st.permutations(range(7)))
def test_entmax_family_is_normalized_shift_invariant_equivariant_and_monotone(name, scores, shift, order):
    function = KINDS[name][0]
    weights = to_numpy(function(scores))
    np.testing.assert_allclose(weights.sum(), 1, atol=1e-6)
    np.testing.assert_allclose(to_numpy(function(scores + np.float32(shift))), weights, atol=1e-4)
    np.testing.assert_allclose(to_numpy(function(scores[:, order])), weights[:, order], atol=1e-6)
    ascending = weights[0, np.argsort(scores[0], kind="stable")]
    assert (np.diff(ascending) >= 0).all()


# --- masks and precision ------------------------------------------------------------------------------

SCORES = rng.normal(size=(2, 3, 4)).astype("float32")
MASK = np.array([[1, 0, 1, 1], [0, 0, 0, 0], [0, 1, 0, 0]], bool)


def test_entmax_family_with_mask_matches_unmasked_keys_alone(kind):
    weights = to_numpy(kind[0](SCORES, MASK))
    for row, scores in zip(weights, SCORES, strict=True):
        np.testing.assert_allclose(row[0, MASK[0]], to_numpy(kind[0](scores[0, MASK[0]])), atol=1e-6)
        assert row[0, 1] == 0
        np.testing.assert_array_equal(row[1], [0, 0, 0, 0])
        np.testing.assert_array_equal(row[2], [0, 1, 0, 0])


@pytest.mark.parametrize("extreme", [1e30, -1e30, np.inf, np.nan])
def test_entmax_family_ignores_extreme_masked_scores(kind, extreme):
    scores = np.array([[0.5, extreme, 0.5], [extreme, extreme, extreme]], "float32")
    mask = np.array([[1, 0, 1], [0, 0, 0]], bool)
    np.testing.assert_allclose(to_numpy(kind[0](scores, mask)), [[0.5, 0, 0.5], [0, 0, 0]], atol=1e-6)


def test_entmax_family_treats_minus_infinity_as_mask(kind):
    scores = np.array([[0.5, -np.inf, 0.5], [-np.inf, -np.inf, -np.inf]], "float32")
    np.testing.assert_allclose(to_numpy(kind[0](scores)), [[0.5, 0, 0.5], [0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_entmax_family_in_half_precision_computes_in_float32(kind, dtype):
    scores = keras.ops.cast(3 * SCORES, dtype)
    weights = kind[0](scores, MASK)
    assert keras.backend.standardize_dtype(weights.dtype) == dtype
    exact = keras.ops.cast(kind[0](keras.ops.cast(scores, "float32"), MASK), dtype)
    np.testing.assert_array_equal(to_numpy(weights), to_numpy(exact))


# --- gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("spread", [0.1, 1, 5])
def test_entmax_family_jacobian_matches_closed_form(kind, spread):
    function, oracle, alpha = kind
    row = (spread * rng.normal(size=5)).astype("float32")
    (actual,) = gradients(function, np.tile(row, (5, 1)), directions=np.eye(5))
    np.testing.assert_allclose(actual, jacobian(oracle(row.astype("float64"), alpha), alpha), atol=3e-6)


def test_entmax_family_gradient_is_finite_and_zero_at_masked_keys(kind):
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0]], bool)
    scores = np.array([[1, 1, 9, -1e30], [0, 0, 0, 0]], "float32")
    directions = rng.normal(size=(2, 4))
    (actual,) = gradients(lambda z: kind[0](z, mask), scores, directions=directions)
    assert np.isfinite(actual).all()
    assert (actual[0, :2] != 0).all()
    np.testing.assert_array_equal(actual[~mask], 0)


@pytest.mark.parametrize("alpha", [1.01, 1.1, 1.5, 1.9])
def test_entmax_gradient_of_alpha_matches_finite_differences(alpha):
    scores, directions = rng.normal(size=(3, 5)).astype("float32"), rng.normal(size=(3, 5))
    mask = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0]], bool)

    def loss(alpha):
        masked = np.where(mask, scores.astype("float64"), -1e9)
        pairs = zip(masked, directions * mask, strict=True)
        return np.array([entmax_by_bisection(row, alpha) @ direction for row, direction in pairs])

    _, actual = gradients(
        lambda z, a: entmax(z, a, mask),
        scores,
        np.full((3, 1), alpha),
        directions=directions,
    )
    expected = (loss(alpha + 1e-6) - loss(alpha - 1e-6)) / 2e-6
    np.testing.assert_allclose(actual[:, 0], expected, atol=1e-5 + 5e-7 / (alpha - 1))


def test_entmax_family_compiled_gradients_match_eager():
    scores, alpha, directions = rng.normal(size=(4, 5)), np.full((4, 1), 1.3), rng.normal(size=(4, 5))
    mask = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [0, 0, 0, 1, 0]], bool)

    def weighted_sum(z, a):
        return sparsemax(z, mask) + 2 * entmax15(z, mask) + 3 * entmax(z, a, mask)

    expected = gradients(weighted_sum, scores, alpha, directions=directions)
    actual = gradients(weighted_sum, scores, alpha, directions=directions, compiled=True)
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, atol=3e-6)


def test_entmax_gradient_of_alpha_is_finite_for_infinite_score():
    scores = np.array([[0.5, -np.inf, 0.25]], "float32")
    _, expected = gradients(entmax, scores[:, ::2], [[1.4]], directions=np.array([[1.0, 2.0]]))
    (actual,) = gradients(lambda a: entmax(scores, a), [[1.4]], directions=np.array([[1.0, 5.0, 2.0]]))
    np.testing.assert_allclose(actual, expected, atol=1e-6)


# --- tiles --------------------------------------------------------------------------------------------

SPARSE = {"sparsemax": sparsemax, "entmax15": entmax15}


@pytest.fixture
def small_tiles(monkeypatch):
    """Tiles of three rows of seven keys, the last of which is not full."""
    monkeypatch.setattr(sys.modules["foveal.layers.distributions.entmax"], "TILE_SIZE", 3 * 7)


@pytest.mark.parametrize("name", SPARSE)
@pytest.mark.parametrize("compiled", [False, True])
def test_sparse_function_in_tiles_matches_one_call(name, compiled, request):
    scores, directions = 2 * rng.normal(size=(2, 5, 7)), rng.normal(size=(2, 5, 7))
    mask = rng.random(size=(5, 7)) < 0.7

    def compute(z):
        return SPARSE[name](z, mask)

    expected = to_numpy(compute(scores.astype("float32")))
    (expected_gradient,) = gradients(compute, scores, directions=directions)
    request.getfixturevalue("small_tiles")
    np.testing.assert_allclose(to_numpy(compute(scores.astype("float32"))), expected, atol=1e-6)
    (actual_gradient,) = gradients(compute, scores, directions=directions, compiled=compiled)
    np.testing.assert_allclose(actual_gradient, expected_gradient, atol=1e-6)


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_function_in_tiles_accepts_unknown_number_of_rows(small_tiles, name):
    inputs = keras.Input((None, None))
    layer = keras.layers.Lambda(SPARSE[name], output_shape=(None, None))
    model = keras.Model(inputs, layer(inputs))
    alpha = 2 if name == "sparsemax" else 1.5
    for size in ((2, 5, 7), (1, 1, 2), (3, 2, 11)):
        scores = rng.normal(size=size).astype("float32")
        expected = apply_to_rows(entmax_by_bisection, scores.reshape(-1, size[-1]), alpha)
        actual = to_numpy(model.predict_on_batch(scores))
        np.testing.assert_allclose(actual.reshape(expected.shape), expected, atol=1e-6)


@pytest.mark.parametrize("name", SPARSE)
def test_sparse_function_of_empty_batch_is_empty(small_tiles, name):
    assert SPARSE[name](np.zeros((0, 4, 7), "float32")).shape == (0, 4, 7)


# --- entmax package on PyPI ---------------------------------------------------------------------------


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the entmax package is written for PyTorch")
def test_entmax_family_matches_entmax_package():
    import entmax as package  # pyright: ignore[reportMissingImports]
    import torch  # pyright: ignore[reportMissingImports]

    scores, directions = 2 * rng.normal(size=(2, 4, 5, 60)).astype("float32"), rng.normal(size=(4, 5, 60))
    alpha = np.array([1.1, 1.4, 1.6, 1.9], "float32")[:, None, None]
    for function, reference, arguments in (
        (sparsemax, lambda z: package.sparsemax(z, dim=-1), (scores,)),
        (entmax15, lambda z: package.entmax15(z, dim=-1), (scores,)),
        (entmax, lambda z, a: package.entmax_bisect(z, a, dim=-1), (scores, alpha)),
    ):
        leaves = [torch.tensor(argument, requires_grad=True) for argument in arguments]
        weights = reference(*leaves)
        np.testing.assert_allclose(to_numpy(function(*arguments)), weights.detach().numpy(), atol=1e-6)
        (weights * torch.tensor(directions)).sum().backward()
        actual = gradients(function, *arguments, directions=directions)
        for gradient, leaf in zip(actual, leaves, strict=True):
            np.testing.assert_allclose(gradient, leaf.grad.numpy(), atol=2e-5)
