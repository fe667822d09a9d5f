"""Cluttered backgrounds."""

import numpy as np

from foveal.datasets.scenes.backgrounds import sample_background, sample_muted_colour
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE


def background(seed):
    return sample_background(np.random.default_rng(seed))


def test_sample_background_is_seeded_and_varied():
    assert background(1).shape == (3, IMAGE_SIZE, IMAGE_SIZE)
    np.testing.assert_array_equal(background(1), background(1))
    means = np.array([background(seed).mean((1, 2)) for seed in range(30)])
    assert means.std(0).min() > 10


def test_sample_background_is_cluttered():
    for seed in range(20):
        pixels = background(seed)
        assert pixels.min() >= 0
        assert pixels.max() <= 255
        assert pixels.std((1, 2)).max() > 4


def test_muted_colours_have_low_saturation():
    colours = np.array([sample_muted_colour(np.random.default_rng(seed)) for seed in range(200)])
    assert np.ptp(colours, axis=1).max() <= 44
