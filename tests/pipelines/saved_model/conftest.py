"""A module and a Keras model to export."""

import keras
import pytest
import tensorflow as tf

from foveal.pipelines.saved_model.export import export_saved_model


class Multiplier(tf.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = tf.Variable(factor)

    @tf.function(input_signature=[tf.TensorSpec([None], name="x")])
    def multiply(self, x):
        return {"y": self.factor * x}


@pytest.fixture(scope="session")
def export_multiplier():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])

    def export(folder, factor=2.0, extras=None):
        module = Multiplier(factor)
        return export_saved_model(folder, module, {"serving_default": module.multiply}, model, extras or {})

    return export
