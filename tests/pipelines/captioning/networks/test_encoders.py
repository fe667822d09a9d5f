import numpy as np
import pytest

from foveal.pipelines.captioning.networks import encoders
from foveal.pipelines.captioning.networks.encoders import application, build_encoder


def test_the_small_network_sees_every_16_pixels():
    network = build_encoder("small", 96)
    assert network.output_shape == (None, 6, 6, 128)
    before = network(np.full((1, 96, 96, 3), 99.0)).numpy()
    changed = np.full((1, 96, 96, 3), 99.0)
    changed[:, :8, :8] = 0
    moved = np.abs(network(changed).numpy() - before).max(-1)[0]
    assert moved[0, 0] > 0.01
    assert moved[5, 5] == 0  # too far away to be seen


def test_efficientnet_is_built_by_name():
    assert build_encoder("efficientnet_lite0", 64).output_shape == (None, 2, 2, 1280)


def test_a_network_of_keras_is_built_by_name_with_what_it_wants_done_to_its_input():
    network = application("MobileNet", 64, weights=None)
    assert network.output_shape == (None, 2, 2, 1024)
    inner = network.layers[-1]
    pixels = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(network(pixels), inner(pixels / 127.5 - 1), atol=1e-5)


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"small, efficientnet_lite0 or .*ResNet50.*received 'resnet51'"):
        build_encoder("resnet51", 64)


def test_weights_that_cannot_be_fetched_are_said_to_be_missing(monkeypatch):
    monkeypatch.setattr(encoders, "reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match="weights of ResNet50 come from https"):
        build_encoder("ResNet50", 64)
