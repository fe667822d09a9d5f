"""Exports of the networks of a translator to ONNX and LiteRT give the outputs of Keras."""

import keras
import numpy as np
import pytest

from foveal.pipelines.translation.config import ModelConfig
from foveal.pipelines.translation.model import build

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # of the converters
SOURCE = np.array([[7, 8, 9, 10, 2], [11, 12, 2, 0, 0]], "int32")
TARGET = np.array([[1, 5, 6], [1, 4, 0]], "int32")


@pytest.fixture
def network():
    keras.utils.set_random_seed(1)
    config = ModelConfig(
        hidden_dim=8, num_heads=2, num_encoder_layers=1, num_decoder_layers=1, intermediate_dim=12
    )
    return build(config, vocabulary_size=20)


@pytest.mark.parametrize("exporter", ["run_onnx", "run_litert"])
@pytest.mark.parametrize("part", ["model", "encoder"])
def test_network_gives_outputs_of_keras(network, part, exporter, request):
    model = getattr(network, part)
    values = {"source": SOURCE, "target": TARGET} if part == "model" else {"source": SOURCE}
    expected = model(values if part == "model" else SOURCE)
    actual = request.getfixturevalue(exporter)(model)(values)
    assert actual.keys() == expected.keys()
    for key, output in expected.items():
        np.testing.assert_allclose(actual[key], output, atol=1e-5, err_msg=key)
