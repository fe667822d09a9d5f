"""Conversion to LiteRT with core operations, for batches and lengths that are not known before."""

import importlib
import sys
from typing import Any

import keras
import numpy as np
import pytest

from foveal.layers import SelfAttention
from foveal.layers.scores import energy

rng = np.random.default_rng(0)
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a converter of TensorFlow")
ARGUMENTS = {
    "softmax": {},
    "sinks and output gate": {"distribution": "sink_softmax", "gate": "output"},
    "rotary and diagonal": {"bias": ["rotary", "diagonal"]},
    "predicted Gaussian": {"bias": "predicted_gaussian"},
    "additive and sparsemax": {"score": "additive", "distribution": "sparsemax"},
    "concat and entmax15": {"score": "concat", "distribution": "entmax15"},
}


def run_litert(model, inputs, folder):
    """Convert a model and run its interpreter on inputs of other ranks."""
    lite: Any = importlib.import_module("tensorflow").lite
    model.export(folder, verbose=False)
    interpreter = lite.Interpreter(model_content=lite.TFLiteConverter.from_saved_model(str(folder)).convert())
    by_rank = {len(details["shape"]): details["index"] for details in interpreter.get_input_details()}
    for batch in inputs:
        for x in batch:
            interpreter.resize_tensor_input(by_rank[x.ndim], x.shape)
        interpreter.allocate_tensors()
        for x in batch:
            interpreter.set_tensor(by_rank[x.ndim], x)
        interpreter.invoke()
        yield interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_masked_attention_of_unknown_sizes_converts(name, tmp_path, monkeypatch):
    monkeypatch.setattr(energy, "TILE_SIZE_OF_UNKNOWN", 2 * 4 * 5 * 4)
    monkeypatch.setattr(sys.modules["foveal.layers.distributions.entmax"], "TILE_SIZE", 2 * 4 * 5)
    x, mask = keras.Input((None, 8)), keras.Input((None,), dtype="bool")
    model = keras.Model([x, mask], SelfAttention(2, 4, **ARGUMENTS[name])(x, query_mask=mask))
    batches = []
    for batch, length in ((2, 5), (1, 3), (3, 7)):
        visible = np.ones((batch, length), bool)
        visible[0, 2:] = False
        batches.append([rng.normal(size=(batch, length, 8)).astype("float32"), visible])
    for actual, batch in zip(run_litert(model, batches, tmp_path), batches, strict=True):
        np.testing.assert_allclose(actual, keras.ops.convert_to_numpy(model(batch)), atol=1e-5)
