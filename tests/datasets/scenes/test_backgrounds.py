import numpy as np

from foveal.datasets.scenes.backgrounds import sample_background, sample_muted_colour
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE


def drawn(seed):
    return sample_background(np.random.default_rng(seed))


def test_backgrounds_are_seeded_and_all_different():
    assert drawn(1).shape == (3, IMAGE_SIZE, IMAGE_SIZE)
    np.testing.assert_array_equal(drawn(1), drawn(1))
    means = np.array([drawn(seed).mean((1, 2)) for seed in range(30)])
    assert means.std(0).min() > 10


def test_backgrounds_are_cluttered():
    for seed in range(20):
        picture = drawn(seed)
        assert picture.min() >= 0
        assert picture.max() <= 255
        assert picture.std((1, 2)).max() > 4


def test_their_colours_are_greyish():
    colours = np.array([sample_muted_colour(np.random.default_rng(seed)) for seed in range(200)])
    assert np.ptp(colours, axis=1).max() <= 44
