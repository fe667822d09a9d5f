"""Tests of the image encoders."""

import numpy as np
import pytest

from foveal.pipelines.captioning.networks import encoders
from foveal.pipelines.captioning.networks.encoders import application_encoder, build_encoder


def test_small_encoder_has_a_cell_per_16_pixels():
    network = build_encoder("small", 96)
    assert network.output_shape == (None, 6, 6, 128)
    before = network(np.full((1, 96, 96, 3), 99.0)).numpy()
    changed = np.full((1, 96, 96, 3), 99.0)
    changed[:, :8, :8] = 0
    moved = np.abs(network(changed).numpy() - before).max(-1)[0]
    assert moved[0, 0] > 0.01
    assert moved[5, 5] == 0  # outside of the receptive field


def test_build_encoder_efficientnet_lite0():
    assert build_encoder("efficientnet_lite0", 64).output_shape == (None, 2, 2, 1280)


def test_application_encoder_preprocesses_its_input():
    network = application_encoder("MobileNet", 64, weights=None)
    assert network.output_shape == (None, 2, 2, 1024)
    inner = network.layers[-1]
    pixels = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_allclose(network(pixels), inner(pixels / 127.5 - 1), atol=1e-5)


def test_unknown_encoder_raises():
    with pytest.raises(
        ValueError, match=r"small, efficientnet_lite0 or .*ResNet50.*Received: encoder='resnet51'"
    ):
        build_encoder("resnet51", 64)


def test_unreachable_weights_raise(monkeypatch):
    monkeypatch.setattr(encoders, "is_reachable", lambda url: False)
    with pytest.raises(FileNotFoundError, match="weights of ResNet50 are downloaded from https"):
        build_encoder("ResNet50", 64)
