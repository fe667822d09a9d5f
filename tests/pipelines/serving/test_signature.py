"""Tests of signatures that are called with examples."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.serving.signature import Signature, TensorInfo


def load(folder, name="serving_default"):
    return Signature(name, tf.saved_model.load(str(folder)).signatures[name])


@pytest.fixture(scope="module")
def adder(models):
    return load(models / "adder" / "1")


def test_types_of_inputs_and_outputs(adder):
    assert adder.inputs == {"a": TensorInfo(tf.int32, ()), "b": TensorInfo(tf.float32, (3,))}
    assert adder.outputs == {"sum": TensorInfo(tf.float32, (3,))}


def test_call_computes_a_batch(adder):
    b = np.arange(6, dtype=np.float32).reshape(2, 3)
    examples = [{"a": np.array(a), "b": row} for a, row in zip((10, 20), b, strict=True)]
    assert [outputs["sum"].tolist() for outputs in adder(examples)] == [[10, 11, 12], [23, 24, 25]]


def test_call_with_strings(models):
    outputs = load(models / "reverser" / "2")([{"text": b"ab"}, {"text": b""}])
    assert [output["text"].item() for output in outputs] == [b"ba", b""]


def test_axes_that_a_batch_pads_must_be_those_of_tokens(models):
    assert load(models / "reverser" / "2").is_independent
    assert load(models / "reverser" / "2", "explain").is_independent
    assert not load(models / "adder" / "1", "sorted").is_independent


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled_signature_is_recognized(tmp_path, jit_compile):
    module = tf.Module()
    module.inner = tf.function(lambda x: 2 * x, jit_compile=jit_compile)
    spec = tf.TensorSpec([None], name="x")
    module.call = tf.function(lambda x: {"y": module.inner(x)}, input_signature=[spec])
    tf.saved_model.save(module, str(tmp_path), signatures={"call": module.call})
    assert load(tmp_path, "call").is_compiled == jit_compile


def test_output_without_batch_is_refused():
    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def total(x):
        return {"y": tf.reduce_sum(x)}

    with pytest.raises(ValueError, match="output y of signature total must be a dense tensor"):
        Signature("total", _concrete(total))


def test_output_with_another_number_of_rows_is_refused():
    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def repeat(x):
        return {"y": tf.concat([x, x], 0)}

    signature = Signature("repeat", _concrete(repeat))
    with pytest.raises(
        ValueError, match="output y of signature repeat must have a row for each of 1 examples"
    ):
        signature([{"x": np.float32(1)}])


def test_dtype_that_json_has_not_is_refused():
    @tf.function(input_signature=[tf.TensorSpec([None], tf.complex64, name="x")])
    def identity(x):
        return {"y": x}

    with pytest.raises(ValueError, match=r"must hold strings, numbers or booleans\. Received: complex64"):
        Signature("identity", _concrete(identity))


def _concrete(function):
    """The function with the signature that a loaded SavedModel has: all arguments by name."""
    concrete = function.get_concrete_function()
    [argument] = concrete.structured_input_signature[0]

    class Loaded:
        structured_input_signature = ((), {argument.name: argument})
        structured_outputs = concrete.structured_outputs

        def __call__(self, **inputs):
            return concrete(*inputs.values())

    return Loaded()
