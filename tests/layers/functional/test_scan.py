import keras
import numpy as np
import pytest
from keras import ops

from foveal.layers.functional.scan import scan

rng = np.random.default_rng(0)
INPUTS = rng.normal(size=(2, 3, 4)).astype("float32")  # rows, steps, dim
STATE = rng.normal(size=(2, 4)).astype("float32")
MASK = np.array([[1, 1, 1], [1, 0, 0]], bool)


def step(inputs, states):
    """A running sum, the outer product with the inputs, and where the sum is greatest."""
    total = states[0] + inputs
    told = {"greatest": ops.argmax(total, axis=-1), "outer": total[:, :, None] * inputs[:, None]}
    return (total, told), [total]


def to_numpy(x):
    return keras.tree.map_structure(lambda part: ops.convert_to_numpy(part), x)


@pytest.mark.parametrize("is_stochastic", [False, True])
def test_is_a_loop_and_keeps_structure_shapes_and_types(is_stochastic):
    (totals, told), (last,) = to_numpy(scan(step, INPUTS, [STATE], key_length=4, is_stochastic=is_stochastic))
    expected = STATE[:, None] + INPUTS.cumsum(1)
    np.testing.assert_allclose(totals, expected, rtol=1e-5)
    np.testing.assert_allclose(last, expected[:, -1], rtol=1e-5)
    np.testing.assert_allclose(told["outer"], expected[..., None] * INPUTS[:, :, None], rtol=1e-5)
    np.testing.assert_array_equal(told["greatest"], expected.argmax(-1))
    assert told["greatest"].dtype.kind == "i"


def test_a_masked_step_leaves_the_states_and_gives_zeros():
    (totals, _), (last,) = to_numpy(
        scan(step, INPUTS, [STATE], key_length=4, mask=ops.convert_to_tensor(MASK))
    )
    np.testing.assert_allclose(last[1], STATE[1] + INPUTS[1, 0], rtol=1e-5)
    np.testing.assert_array_equal(totals[1, 1:], 0)


def test_a_size_that_a_trace_does_not_know_is_that_of_the_keys():
    inputs = keras.Input((None, 4))

    class Outer(keras.layers.Layer):
        def call(self, inputs):
            (_, told), _ = scan(step, inputs, [ops.zeros_like(inputs[:, 0])], key_length=4)
            return told["outer"]

    model = keras.Model(inputs, Outer()(inputs))
    assert model.output_shape == (None, None, 4, 4)
    assert tuple(model(INPUTS).shape) == (2, 3, 4, 4)


def grow(inputs, states):
    """A running sum for each key, `(rows, keys, dim)`, and a count of the steps."""
    total, count = states["total"] + inputs[:, None], states["count"] + 1
    half = ops.cast(total, "bfloat16")
    return {"total": total, "half": half}, {"total": total, "count": count}


class Grow(keras.layers.Layer):
    """The loop in a layer, so that a graph of symbols may hold it."""

    def call(self, inputs, memory, mask):
        rows, keys = ops.shape(inputs)[0], ops.shape(memory)[1]
        states = {"total": ops.zeros((rows, keys, 4)), "count": ops.zeros((rows, 1), "int32")}
        outputs, last = scan(grow, inputs, states, keys, mask=mask)
        return outputs["total"], outputs["half"], last["count"]


@pytest.mark.parametrize("compiled", [False, True])
def test_states_of_any_shape_and_type_pass_masks_and_sizes_that_a_trace_does_not_know(compiled):
    symbols = keras.Input((None, 4)), keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    model = keras.Model(symbols, Grow()(*symbols))
    torch = keras.backend.backend() == "torch"  # there a compiled step would call a C compiler
    model.compile(jit_compile=compiled and not torch, run_eagerly=torch)
    for length in (3, 2):
        inputs, mask = INPUTS[:, :length], MASK[:, :length]
        total, half, count = model.predict_on_batch([inputs, np.zeros((2, 5, 2)), mask])
        expected = (inputs.cumsum(1) * mask[..., None])[:, :, None] * np.ones((5, 1))
        np.testing.assert_allclose(total, expected, rtol=1e-5)
        np.testing.assert_array_equal(count, mask.sum(1, keepdims=True))
        assert (str(half.dtype), count.dtype.kind) == ("bfloat16", "i")
