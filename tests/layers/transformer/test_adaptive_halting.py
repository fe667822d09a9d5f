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


def look(layer, x=X, **kwargs):
    return to_numpy(layer(x, return_decisions=True, **kwargs))


def make(block="dense", steps=6, bias=-1.0, spread=1.0, **kwargs):
    """A layer whose positions halt at different steps."""
    layer, numbers = AdaptiveHalting(BLOCKS[block](), steps, **kwargs), np.random.default_rng(1)
    layer.build(X.shape)
    layer.block.set_weights([numbers.normal(size=w.shape) / 2 for w in layer.block.get_weights()])
    layer.halting_dense.set_weights([spread * numbers.normal(size=(4, 1)), np.array([bias])])
    return layer


@pytest.fixture(params=list(BLOCKS))
def layer(request):
    return make(request.param)


def position_by_position(layer, x, mask):
    """The paper's equations 5 to 14 with one number at a time; only the block sees all positions."""
    kernel, bias = (to_numpy(w) for w in (layer.halting_dense.kernel, layer.halting_dense.bias))
    batch, length, _ = x.shape
    shares = np.zeros((batch, layer.max_steps, length))
    steps, ponder = np.zeros((batch, length), int), np.zeros((batch, length))
    output, stream, done = np.zeros(x.shape), x.copy(), ~mask
    for n in range(layer.max_steps):
        takes_mask = {"mask": mask} if isinstance(layer.block, EncoderBlock) else {}
        after = to_numpy(layer.block(stream, **takes_mask))
        for row, t in zip(*np.nonzero(~done), strict=True):
            stream[row, t] = after[row, t]
            chance = 1 / (1 + np.exp(-(stream[row, t] @ kernel[:, 0] + bias[0])))
            spent = shares[row, :, t].sum()
            if spent + chance >= 1 - layer.epsilon or n == layer.max_steps - 1:
                done[row, t], steps[row, t], ponder[row, t] = True, n + 1, n + 1 + 1 - spent
                chance = 1 - spent
            shares[row, n, t] = chance
            output[row, t] += chance * stream[row, t]
    return output, {"halting": shares, "ponder": ponder, "steps": steps}


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("training", [False, True])
def test_is_a_loop_over_positions_and_steps(layer, mask, training):
    output, decisions = position_by_position(layer, X, np.ones((2, 5), bool) if mask is None else mask)
    assert len(np.unique(decisions["steps"][0])) > 1
    actual, decided = look(layer, mask=mask, training=training)
    np.testing.assert_allclose(actual, output, atol=1e-5)
    for name, expected in decisions.items():
        np.testing.assert_allclose(decided[name], expected, atol=1e-5)


def test_the_weights_of_the_steps_sum_to_one_up_to_the_last():
    _, decided = look(make(steps=8), mask=MASK)
    np.testing.assert_allclose(decided["halting"].sum(1), MASK, atol=1e-6)
    late = np.arange(8)[:, None] >= decided["steps"][:, None]
    np.testing.assert_array_equal(decided["halting"][late], 0)
    assert (np.moveaxis(decided["halting"], 1, -1)[MASK][:, 0] > 0).all()


def test_one_step_is_the_block():
    layer = make("encoder", steps=1)
    output, decided = look(layer)
    np.testing.assert_allclose(output, to_numpy(layer.block(X)), atol=1e-6)
    np.testing.assert_array_equal(decided["steps"], 1)
    np.testing.assert_array_equal(decided["ponder"], 2)


@pytest.mark.parametrize(("bias", "steps"), [(20.0, 1), (-20.0, 6)])
def test_limits_of_the_chance_to_halt(bias, steps):
    layer = make(bias=bias, spread=0.0)
    output, decided = look(layer)
    expected = X
    for _ in range(steps):
        expected = layer.block(expected)
    np.testing.assert_array_equal(decided["steps"], steps)
    np.testing.assert_allclose(output, to_numpy(expected), atol=1e-6)


def test_a_share_of_epsilon_need_not_be_waited_for():
    steps = [look(make(bias=2.0, spread=0.0, epsilon=e))[1]["steps"] for e in (0.0, 0.2)]
    np.testing.assert_array_equal(steps[0], 2)  # sigmoid(2) is 0.88
    np.testing.assert_array_equal(steps[1], 1)


def test_padding_changes_nothing_and_gives_zeros(layer):
    expected, decided = look(layer, mask=MASK)
    changed = np.where(MASK[..., None], X, 100).astype("float32")
    output, after = look(layer, changed, mask=MASK)
    np.testing.assert_array_equal(output, expected)
    keras.tree.map_structure(np.testing.assert_array_equal, after, decided)
    np.testing.assert_array_equal(output[~MASK], 0)
    np.testing.assert_array_equal(after["ponder"][~MASK], 0)
    longer, _ = look(layer, np.pad(X, [(0, 0), (0, 2), (0, 0)]), mask=np.pad(MASK, [(0, 0), (0, 2)]))
    np.testing.assert_allclose(longer[:, :5], expected, atol=1e-5)


def test_a_batch_gives_what_its_examples_give(layer):
    whole, _ = look(layer)
    alone, _ = look(layer, X[1:])
    np.testing.assert_allclose(alone, whole[1:], atol=1e-5)


@pytest.mark.parametrize("mask", [None, MASK, MASK & False], ids=["all", "masked", "none"])
def test_the_loss_in_training_is_the_mean_ponder_cost_of_what_counts(mask):
    layer = make(penalty=0.3)
    _, decided = look(layer, mask=mask, training=True)
    counted = np.ones((2, 5), bool) if mask is None else mask
    expected = 0.3 * decided["ponder"].sum() / max(counted.sum(), 1)
    np.testing.assert_allclose([to_numpy(loss) for loss in layer.losses], [expected], rtol=1e-5)
    layer(X, mask=mask)
    assert layer.losses == []


def test_the_ponder_cost_has_the_gradient_of_the_remainder():
    """A block that does nothing halts with the same h at each step: R = 1 - (N - 1) h."""
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


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="it traces a branch before it decides")
def test_at_inference_the_block_is_not_computed_once_all_have_halted():
    layer = AdaptiveHalting(Counting(), max_steps=9)
    layer.build(X.shape)
    layer.halting_dense.kernel.assign(np.zeros((4, 1)))
    layer.halting_dense.bias.assign([0.0])
    for training, calls in ((False, 2), (True, 9)):
        Counting.calls = 0
        layer(X, training=training)
        assert Counting.calls == calls


@pytest.mark.parametrize("block", BLOCKS)
def test_trains_saves_loads_and_symbols_give_what_eager_calls_give(block, tmp_path):
    inputs = keras.Input((None, 4))
    layer = AdaptiveHalting(BLOCKS[block](), max_steps=3, penalty=0.1)
    output, decisions = layer(inputs, return_decisions=True)
    model = keras.Model(inputs, [output, *keras.tree.flatten(decisions)])
    compiled = keras.backend.backend() != "torch"  # there it would call a C compiler
    model.compile("sgd", ["mse", None, None, None], jit_compile=compiled, run_eagerly=not compiled)
    before = model.get_weights()
    model.train_on_batch(X, [np.ones_like(X)])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    moved = [(a != b).any() for a, b in zip(before, model.get_weights(), strict=True)]
    assert all(moved) or block == "encoder"  # where a query's bias of all keys cancels
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = keras.tree.flatten(look(layer))
    for one in (model, loaded):
        for a, e in zip(to_numpy(one(X)), expected, strict=True):
            np.testing.assert_allclose(a, e, atol=1e-6)
    again = AdaptiveHalting.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_weighs_in_float32(dtype):
    keras.utils.set_random_seed(1)
    layer = AdaptiveHalting(BLOCKS["encoder"](dtype=dtype), max_steps=3, dtype=dtype)
    output, decided = layer(X, mask=MASK, return_decisions=True)
    assert keras.backend.standardize_dtype(output.dtype) == layer.compute_dtype
    assert np.isfinite(to_numpy(keras.ops.cast(output, "float32"))).all()
    np.testing.assert_allclose(to_numpy(decided["halting"]).sum(1), MASK, atol=1e-6)


def test_the_mask_of_the_inputs_is_found_and_passed_on():
    embedded = keras.layers.Embedding(5, 4, mask_zero=True)(np.where(MASK, 3, 0))
    layer = make("encoder")
    output = layer(embedded)
    explicit = layer(to_numpy(embedded), mask=MASK)
    np.testing.assert_array_equal(to_numpy(output), to_numpy(explicit))
    np.testing.assert_array_equal(to_numpy(output._keras_mask), MASK)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_steps": 0}, "`max_steps` must be at least 1. Received: 0"),
        ({"max_steps": 2, "epsilon": 1.0}, r"`epsilon` must be in \[0, 1\). Received: 1.0"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        AdaptiveHalting(keras.layers.Identity(), **arguments)


@pytest.mark.parametrize("shape", [(2, 4), (2, 3, 5, 4)])
def test_inputs_of_another_rank_are_refused(shape):
    for inputs in (np.zeros(shape), keras.Input(shape[1:])):
        with pytest.raises(ValueError, match="expected ndim=3, found ndim="):
            AdaptiveHalting(keras.layers.Identity(), 2)(inputs)


def test_a_block_that_changes_the_shape_is_refused():
    layer = AdaptiveHalting(keras.layers.Dense(3), 2)
    with pytest.raises(ValueError, match=r"keep the shape of its input, \(2, 5, 4\). Received: \(2, 5, 3\)"):
        layer(X)
    with pytest.raises(ValueError, match="keep the shape of its input"):
        layer(keras.Input((5, 4)))
