import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.warm_start import load_codec, load_weights_from


class Reader(tf.Module):
    def __init__(self, codec):
        super().__init__()
        self.codec = codec

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="text")])
    def read(self, text):
        return {"ids": self.codec.encode(text).to_tensor()}


def network(width=4, activation=None):
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(width, activation)(inputs)
    return keras.Model(inputs, keras.layers.Dense(2)(hidden))


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    codec = TextCodec.learn(["one rose", "two roses"] * 10, 280)
    model, reader = network(), Reader(codec)
    folder = tmp_path_factory.mktemp("saved")
    export(folder, reader, {"serving_default": reader.read}, model, {})
    return folder, codec, model


def test_pieces_and_weights_are_those_that_were_exported(exported):
    folder, codec, model = exported
    found = load_codec(folder)
    assert found is not None
    assert found.vocabulary == codec.vocabulary
    other = network()
    assert not np.array_equal(other.weights[0], model.weights[0])
    load_weights_from(other, folder / "1")
    for one, taken in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, taken)


def test_without_a_model_to_go_on_from_nothing_happens():
    model = network()
    before = model.get_weights()
    load_weights_from(model, None)
    assert load_codec(None) is None
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_other_sizes_and_empty_folders_are_refused(exported, tmp_path):
    folder, _, model = exported
    wider = network(width=5)
    with pytest.raises(
        ValueError, match=r"same sizes in start=.*1, 4 arrays.*\(3, 4\) in the place of \(3, 5\)"
    ):
        load_weights_from(wider, folder)
    with pytest.raises(ValueError, match=r"2 arrays of weights; received 4 arrays"):
        load_weights_from(keras.Model(model.input, model.layers[1].output), folder)
    with pytest.raises(FileNotFoundError, match="expected a SavedModel"):
        load_codec(tmp_path / "none")


def test_a_model_that_answers_otherwise_with_the_same_weights_is_refused(exported):
    with pytest.raises(ValueError, match="expected a model of the same kind"):
        load_weights_from(network(activation="tanh"), exported[0])
