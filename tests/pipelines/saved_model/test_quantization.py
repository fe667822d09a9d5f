"""Tests of the quantization to int8 against its definition, and of its rows and note on a model card."""

import keras
import numpy as np
import tensorflow as tf

from foveal.pipelines.saved_model.quantization import card_note, card_splits, int8_fraction, quantize_copy


def build():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.LayerNormalization()])


def test_quantized_copy_has_rounded_weights_of_trained_model():
    model, trained = build(), build()
    kernel = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    trained.layers[0].kernel.assign(kernel)
    trained.layers[1].gamma.assign([2.0, 3.0, 4.0])
    quantize_copy(model, trained)
    scale = 127 / np.abs(kernel).max(axis=0)
    weights = {weight.name: np.array(weight) for weight in model.weights}
    np.testing.assert_allclose(weights["kernel_scale"], scale, rtol=1e-4)
    np.testing.assert_array_equal(weights["kernel"], np.rint(kernel * weights["kernel_scale"]))
    assert weights["gamma"].tolist() == [2.0, 3.0, 4.0]
    np.testing.assert_array_equal(trained.layers[0].kernel, kernel)


def test_int8_fraction_counts_numbers():
    model, trained = build(), build()
    quantize_copy(model, trained)
    variables = [variable.value for variable in model.weights]
    assert int8_fraction(variables) == 12 / (12 + 3 + 3 + 3 + 3)  # and scale, bias, gamma, beta
    assert int8_fraction([tf.Variable(1.0)]) == 0


def test_card_of_float32_model_has_no_note():
    metrics = {"training": {}, "tests": {"test": 1, "compositions": 2}}
    assert card_splits(metrics) == metrics["tests"]
    assert card_note(metrics) == ""


def test_card_of_quantized_model_has_rows_of_both_and_note():
    quantization = {"fraction": 0.976, "float32_tests": {"test": 3, "compositions": 4}}
    metrics = {"tests": {"test": 1, "compositions": 2}, "quantization": quantization}
    expected = {"test": 1, "compositions": 2, "test, float32": 3, "compositions, float32": 4}
    assert card_splits(metrics) == expected
    assert list(card_splits(metrics)) == list(expected)
    note = " ".join(card_note(metrics).split())
    assert note.startswith("**int8 weights**: 98% of the numbers of this export are int8")
    assert "`model.keras`, in the same folder, holds the float32 weights" in note
