"""Images with shifted colour channels, and the labels that do not hold for them."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.objectives.channel_shift import hide_colours, shift_channels

IMAGES = np.random.default_rng(0).integers(0, 256, (300, 4, 5, 3)).astype(np.uint8)


def test_shifted_images_are_cyclic_permutations_of_their_channels():
    shifted, is_shifted = (x.numpy() for x in shift_channels(tf.constant(IMAGES), tf.constant(3), rate=0.4))
    np.testing.assert_array_equal(shifted[~is_shifted], IMAGES[~is_shifted])
    one, two = np.roll(IMAGES, 1, -1), np.roll(IMAGES, 2, -1)
    by_one, by_two = ((shifted == other).all((1, 2, 3)) for other in (one, two))
    np.testing.assert_array_equal(is_shifted, by_one | by_two)
    assert 0.3 < is_shifted.mean() < 0.5
    assert abs(by_one.sum() - by_two.sum()) < 40


def test_shift_depends_on_the_seed_alone():
    first, second, other = (
        shift_channels(tf.constant(IMAGES), tf.constant(seed))[1].numpy() for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, second)
    assert (first != other).any()


def test_shifted_images_have_no_colours():
    labels = tf.constant(np.full((2, 3, 4, 2), 5), tf.int32)
    hidden = hide_colours(labels, ["shape", "colour"], tf.constant([False, True])).numpy()
    assert (hidden[0] == 5).all()
    assert (hidden[1] == [5, 0]).all()
