"""Adaptive halting against a loop over positions and steps (Graves 2016)."""

import keras
import numpy as np
import pytest

from foveal.layers import AdaptiveHalting, EncoderBlock

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0]], bool)
BLOCKS = {
    "dense": lambda **k: keras.layers.Dense(4, activation="tanh", **k),
    "encoder": lambda **k: EncoderBlock(2, 6, **k),
}


def to_numpy(x):
    return keras.tree.map_structure(lambda part: keras.ops.convert_to_numpy(part), x)


def run_layer(layer, x=X, **kwargs):
    return to_numpy(layer(x, return_decisions=True, **kwargs))


def make(block="dense", steps=6, bias=-1.0, spread=1.0, **kwargs):
    """Make a layer whose positions halt at different steps."""
    layer, random = AdaptiveHalting(BLOCKS[block](), steps, **kwargs), np.random.default_rng(1)
    layer.build(X.shape)
    layer.block.set_weights([random.normal(size=w.shape) / 2 for w in layer.block.get_weights()])
    layer.halting_dense.set_weights([spread * random.normal(size=(4, 1)), np.array([bias])])
    return layer


@pytest.fixture(params=list(BLOCKS))
def layer(request):
    return make(request.param)


def run_python_loop(layer, x, mask):
    """Compute equations 5 to 14 of the paper in scalars; only the block reads all positions."""
    kernel, bias = (to_numpy(w) for w in (layer.halting_dense.kernel, layer.halting_dense.bias))
    batch, length, _ = x.shape
    step_weights = np.zeros((batch, layer.max_steps, length))
    steps, ponder = np.zeros((batch, length), int), np.zeros((batch, length))
    output, features, done = np.zeros(x.shape), x.copy(), ~mask
    for n in range(layer.max_steps):
        arguments = {"mask": mask} if isinstance(layer.block, EncoderBlock) else {}
        after = to_numpy(layer.block(features, **arguments))
        for row, t in zip(*np.nonzero(~done), strict=True):
            features[row, t] = after[row, t]
            halting = 1 / (1 + np.exp(-(features[row, t] @ kernel[:, 0] + bias[0])))
            accumulated = step_weights[row, :, t].sum()
            if accumulated + halting >= 1 - layer.epsilon or n == layer.max_steps - 1:
                done[row, t], steps[row, t], ponder[row, t] = True, n + 1, n + 1 + 1 - accumulated
                halting = 1 - accumulated
            step_weights[row, n, t] = halting
            output[row, t] += halting * features[row, t]
    return output, {"halting": step_weights, "ponder": ponder, "steps": steps}


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("training", [False, True])
def test_adaptive_halting_matches_python_loop(layer, mask, training):
    expected_output, expected = run_python_loop(layer, X, np.ones((2, 5), bool) if mask is None else mask)
    assert len(np.unique(expected["steps"][0])) > 1
    output, decisions = run_layer(layer, mask=mask, training=training)
    np.testing.assert_allclose(output, expected_output, atol=1e-5)
    for name, values in expected.items():
        np.testing.assert_allclose(decisions[name], values, atol=1e-5)


def test_halting_weights_sum_to_one():
    _, decisions = run_layer(make(steps=8), mask=MASK)
    np.testing.assert_allclose(decisions["halting"].sum(1), MASK, atol=1e-6)
    late = np.arange(8)[:, None] >= decisions["steps"][:, None]
    np.testing.assert_array_equal(decisions["halting"][late], 0)
    assert (np.moveaxis(decisions["halting"], 1, -1)[MASK][:, 0] > 0).all()


def test_max_steps_1_matches_block():
    layer = make("encoder", steps=1)
    output, decisions = run_layer(layer)
    np.testing.assert_allclose(output, to_numpy(layer.block(X)), atol=1e-6)
    np.testing.assert_array_equal(decisions["steps"], 1)
    np.testing.assert_array_equal(decisions["ponder"], 2)


@pytest.mark.parametrize(("bias", "steps"), [(20.0, 1), (-20.0, 6)])
def test_extreme_halting_probabilities(bias, steps):
    layer = make(bias=bias, spread=0.0)
    output, decisions = run_layer(layer)
    expected = X
    for _ in range(steps):
        expected = layer.block(expected)
    np.testing.assert_array_equal(decisions["steps"], steps)
    np.testing.assert_allclose(output, to_numpy(expected), atol=1e-6)


def test_epsilon_allows_halting_after_one_step():
    steps = [run_layer(make(bias=2.0, spread=0.0, epsilon=e))[1]["steps"] for e in (0.0, 0.2)]
    np.testing.assert_array_equal(steps[0], 2)  # sigmoid(2) is 0.88
    np.testing.assert_array_equal(steps[1], 1)


def test_padding_has_no_effect_and_returns_zeros(layer):
    expected, decisions = run_layer(layer, mask=MASK)
    changed = np.where(MASK[..., None], X, 100).astype("float32")
    output, after = run_layer(layer, changed, mask=MASK)
    np.testing.assert_array_equal(output, expected)
    keras.tree.map_structure(np.testing.assert_array_equal, after, decisions)
    np.testing.assert_array_equal(output[~MASK], 0)
    np.testing.assert_array_equal(after["ponder"][~MASK], 0)
    longer, _ = run_layer(layer, np.pad(X, [(0, 0), (0, 2), (0, 0)]), mask=np.pad(MASK, [(0, 0), (0, 2)]))
    np.testing.assert_allclose(longer[:, :5], expected, atol=1e-5)


def test_batch_matches_single_examples(layer):
    batch_output, _ = run_layer(layer)
    single_output, _ = run_layer(layer, X[1:])
    np.testing.assert_allclose(single_output, batch_output[1:], atol=1e-5)


@pytest.mark.parametrize("mask", [None, MASK, MASK & False], ids=["all", "masked", "none"])
def test_training_loss_is_mean_ponder_cost(mask):
    layer = make(penalty=0.3)
    _, decisions = run_layer(layer, mask=mask, training=True)
    counted = np.ones((2, 5), bool) if mask is None else mask
    expected = 0.3 * decisions["ponder"].sum() / max(counted.sum(), 1)
    np.testing.assert_allclose([to_numpy(loss) for loss in layer.losses], [expected], rtol=1e-5)
    layer(X, mask=mask)
    assert layer.losses == []


def test_ponder_cost_has_gradient_of_remainder():
    """An identity block halts with the same h at each step: R = 1 - (N - 1) h."""
    inputs = keras.Input((5, 4))
    layer = AdaptiveHalting(keras.layers.Identity(), max_steps=9, penalty=1.0)
    model = keras.Model(inputs, layer(inputs))
    layer.halting_dense.kernel.assign(np.zeros((4, 1)))
    layer.halting_dense.bias.assign([-1.0])
    h, n = 1 / (1 + np.exp(1.0)), 4  # 3 h < 0.99 <= 4 h
    model.compile(keras.optimizers.SGD(1.0), run_eagerly=keras.backend.backend() == "torch")
    loss = model.train_on_batch(X)
    np.testing.assert_allclose(loss, n + 1 - (n - 1) * h, rtol=1e-5)
    gradient = -1.0 - to_numpy(layer.halting_dense.bias)[0]
    np.testing.assert_allclose(gradient, -(n - 1) * h * (1 - h), rtol=1e-4)


class Counting(keras.layers.Layer):
    calls = 0

    def call(self, inputs):
        Counting.calls += 1
        return inputs


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="both branches of a condition are traced")
def test_inference_skips_block_after_all_halted():
    layer = AdaptiveHalting(Counting(), max_steps=9)
    layer.build(X.shape)
    layer.halting_dense.kernel.assign(np.zeros((4, 1)))
    layer.halting_dense.bias.assign([0.0])
    for training, calls in ((False, 2), (True, 9)):
        Counting.calls = 0
        layer(X, training=training)
        assert Counting.calls == calls


@pytest.mark.parametrize("block", BLOCKS)
def test_adaptive_halting_trains_saves_and_loads(block, tmp_path):
    inputs = keras.Input((None, 4))
    layer = AdaptiveHalting(BLOCKS[block](), max_steps=3, penalty=0.1)
    output, decisions = layer(inputs, return_decisions=True)
    model = keras.Model(inputs, [output, *keras.tree.flatten(decisions)])
    compiled = keras.backend.backend() != "torch"  # compiling would call a C compiler
    model.compile("sgd", ["mse", None, None, None], jit_compile=compiled, run_eagerly=not compiled)
    before = model.get_weights()
    model.train_on_batch(X, [np.ones_like(X)])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    updated = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert all(updated) or block == "encoder"  # the bias of the key projection cancels in the softmax
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = keras.tree.flatten(run_layer(layer))
    for restored in (model, loaded):
        for a, e in zip(to_numpy(restored(X)), expected, strict=True):
            np.testing.assert_allclose(a, e, atol=1e-6)
    again = AdaptiveHalting.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_accumulates_in_float32(dtype):
    keras.utils.set_random_seed(1)
    layer = AdaptiveHalting(BLOCKS["encoder"](dtype=dtype), max_steps=3, dtype=dtype)
    output, decisions = layer(X, mask=MASK, return_decisions=True)
    assert keras.backend.standardize_dtype(output.dtype) == layer.compute_dtype
    assert np.isfinite(to_numpy(keras.ops.cast(output, "float32"))).all()
    np.testing.assert_allclose(to_numpy(decisions["halting"]).sum(1), MASK, atol=1e-6)


def test_keras_mask_of_inputs_is_used_and_propagated():
    embedded = keras.layers.Embedding(5, 4, mask_zero=True)(np.where(MASK, 3, 0))
    layer = make("encoder")
    output = layer(embedded)
    explicit = layer(to_numpy(embedded), mask=MASK)
    np.testing.assert_array_equal(to_numpy(output), to_numpy(explicit))
    np.testing.assert_array_equal(to_numpy(output._keras_mask), MASK)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_steps": 0}, "`max_steps` must be at least 1. Received: max_steps=0"),
        ({"max_steps": 2, "epsilon": 1.0}, r"`epsilon` must be in \[0, 1\). Received: epsilon=1.0"),
    ],
)
def test_invalid_argument_raises(arguments, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveHalting(keras.layers.Identity(), **arguments)


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 5, 4)])
def test_inputs_of_other_rank_raise(shape):
    for inputs in (np.zeros(shape), keras.Input(shape[1:])):
        with pytest.raises(ValueError, match="expected ndim=3, found ndim="):
            AdaptiveHalting(keras.layers.Identity(), 2)(inputs)


def test_block_that_changes_shape_raises():
    layer = AdaptiveHalting(keras.layers.Dense(3), 2)
    with pytest.raises(
        ValueError, match=r"keep the shape of its input, \(2, 5, 4\)\. Received: output\.shape=\(2, 5, 3\)"
    ):
        layer(X)
    with pytest.raises(ValueError, match="keep the shape of its input"):
        layer(keras.Input((5, 4)))
