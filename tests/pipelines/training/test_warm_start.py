"""Tests of the warm start from an exported model."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.warm_start import load_codec, load_weights_from


class Tokenizer(tf.Module):
    def __init__(self, codec):
        super().__init__()
        self.codec = codec

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def tokenize(self, text):
        return {"ids": self.codec.encode(text).to_tensor()}


def new_model(hidden_dim=4, activation=None):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(hidden_dim, activation)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(hidden))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    codec = TextCodec.train(["one rose", "two roses"] * 10, 280)
    model, tokenizer = new_model(), Tokenizer(codec)
    folder = tmp_path_factory.mktemp("saved")
    export_saved_model(folder, tokenizer, {"serving_default": tokenizer.tokenize}, model, {})
    return folder, codec, model


def test_warm_start_loads_vocabulary_and_weights(exported):
    folder, codec, model = exported
    loaded = load_codec(folder)
    assert loaded is not None
    assert loaded.vocabulary == codec.vocabulary
    new = new_model()
    assert not np.array_equal(new.weights[0], model.weights[0])
    load_weights_from(new, folder / "1")
    for expected, weight in zip(model.get_weights(), new.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_without_warm_start_weights_do_not_change():
    model = new_model()
    before = model.get_weights()
    load_weights_from(model, None)
    assert load_codec(None) is None
    for expected, weight in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_warm_start_with_other_sizes_or_without_model_raises(exported, tmp_path):
    folder, _, model = exported
    wider = new_model(hidden_dim=5)
    with pytest.raises(
        ValueError, match=r"same sizes, with 4 weights.*warm_start_from=.*1, with \(3, 4\) for \(3, 5\)"
    ):
        load_weights_from(wider, folder)
    with pytest.raises(ValueError, match=r"with 2 weights.*with 4 weights"):
        load_weights_from(keras.Model(model.input, model.layers[1].output), folder)
    with pytest.raises(FileNotFoundError, match="must be the folder of a SavedModel"):
        load_codec(tmp_path / "none")


def test_warm_start_with_other_outputs_raises(exported):
    with pytest.raises(ValueError, match=r"same architecture.*outputs differ"):
        load_weights_from(new_model(activation="tanh"), exported[0])
