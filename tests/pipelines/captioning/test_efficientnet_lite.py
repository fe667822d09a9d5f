import pickle
import zipfile

import matplotlib.cbook
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.efficientnet_lite import SIZES, efficientnet_lite, read_state

MILITARY_UNIFORM = 652  # of ImageNet's classes
SIDES = {"efficientnet_lite0": 224, "efficientnet_lite2": 260}


@pytest.fixture(scope="module", params=SIDES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def state(name):
    return read_state(SIZES[name].path)


@pytest.fixture(scope="module")
def network(name):
    return efficientnet_lite(name, SIDES[name])


def test_a_photograph_is_recognized(name, state, network):
    """With the file's own classifier on top: Grace Hopper in her uniform, of matplotlib's samples."""
    path = str(matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False))
    image = tf.io.decode_jpeg(tf.io.read_file(path))
    side = SIDES[name]
    grid = network(tf.image.resize(image, (side, side))[None])
    cells = -(-side // 32)
    assert grid.shape == (1, cells, cells, 1280)
    scores = np.mean(grid, axis=(1, 2)) @ state["_fc.weight"].T + state["_fc.bias"]
    chances = tf.nn.softmax(scores)[0].numpy()
    assert chances.argmax() == MILITARY_UNIFORM
    assert chances.max() > 4 * np.sort(chances)[-2]


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
