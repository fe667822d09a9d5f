"""Scan against a cumulative sum."""

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
    """Return a cumulative sum, its outer product with the inputs and its argmax."""
    total = states[0] + inputs
    outputs = {"argmax": ops.argmax(total, axis=-1), "outer": total[:, :, None] * inputs[:, None]}
    return (total, outputs), [total]


def to_numpy(x):
    return keras.tree.map_structure(lambda part: ops.convert_to_numpy(part), x)


@pytest.mark.parametrize("is_stochastic", [False, True])
def test_scan_matches_cumulative_sum_and_keeps_dtypes(is_stochastic):
    (totals, outputs), (last,) = to_numpy(
        scan(step, INPUTS, [STATE], key_length=4, is_stochastic=is_stochastic)
    )
    expected = STATE[:, None] + INPUTS.cumsum(1)
    np.testing.assert_allclose(totals, expected, rtol=1e-5)
    np.testing.assert_allclose(last, expected[:, -1], rtol=1e-5)
    np.testing.assert_allclose(outputs["outer"], expected[..., None] * INPUTS[:, :, None], rtol=1e-5)
    np.testing.assert_array_equal(outputs["argmax"], expected.argmax(-1))
    assert outputs["argmax"].dtype.kind == "i"


def test_masked_step_keeps_states_and_returns_zeros():
    (totals, _), (last,) = to_numpy(
        scan(step, INPUTS, [STATE], key_length=4, mask=ops.convert_to_tensor(MASK))
    )
    np.testing.assert_allclose(last[1], STATE[1] + INPUTS[1, 0], rtol=1e-5)
    np.testing.assert_array_equal(totals[1, 1:], 0)


def test_unknown_size_is_key_length():
    inputs = keras.Input((None, 4))

    class OuterProduct(keras.layers.Layer):
        def call(self, inputs):
            (_, outputs), _ = scan(step, inputs, [ops.zeros_like(inputs[:, 0])], key_length=4)
            return outputs["outer"]

    model = keras.Model(inputs, OuterProduct()(inputs))
    assert model.output_shape == (None, None, 4, 4)
    assert tuple(model(INPUTS).shape) == (2, 3, 4, 4)


def accumulate(inputs, states):
    """Return a cumulative sum for each key, `(rows, keys, dim)`, and the number of steps."""
    total, count = states["total"] + inputs[:, None], states["count"] + 1
    half = ops.cast(total, "bfloat16")
    return {"total": total, "half": half}, {"total": total, "count": count}


class Accumulate(keras.layers.Layer):
    """Layer around `scan`, for a functional model."""

    def call(self, inputs, memory, mask):
        rows, keys = ops.shape(inputs)[0], ops.shape(memory)[1]
        states = {"total": ops.zeros((rows, keys, 4)), "count": ops.zeros((rows, 1), "int32")}
        outputs, last = scan(accumulate, inputs, states, keys, mask=mask)
        return outputs["total"], outputs["half"], last["count"]


@pytest.mark.parametrize("compiled", [False, True])
def test_compiled_scan_keeps_state_shapes_and_dtypes(compiled):
    symbols = keras.Input((None, 4)), keras.Input((None, 2)), keras.Input((None,), dtype="bool")
    model = keras.Model(symbols, Accumulate()(*symbols))
    torch = keras.backend.backend() == "torch"  # compiling would call a C compiler
    model.compile(jit_compile=compiled and not torch, run_eagerly=torch)
    for length in (3, 2):
        inputs, mask = INPUTS[:, :length], MASK[:, :length]
        total, half, count = model.predict_on_batch([inputs, np.zeros((2, 5, 2)), mask])
        expected = (inputs.cumsum(1) * mask[..., None])[:, :, None] * np.ones((5, 1))
        np.testing.assert_allclose(total, expected, rtol=1e-5)
        np.testing.assert_array_equal(count, mask.sum(1, keepdims=True))
        assert (str(half.dtype), count.dtype.kind) == ("bfloat16", "i")
