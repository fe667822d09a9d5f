"""Tests of transparent pixels and of the canvas of a frame."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.image_formats.image_format import blend_with_white, paste_on_white


def test_blend_with_white_weighs_colours_by_alpha():
    pixels = tf.constant([[200, 100, 0, 255], [200, 100, 0, 51], [9, 9, 9, 0]], tf.uint8)
    assert blend_with_white(pixels).numpy().tolist() == [[200, 100, 0], [244, 224, 204], [255, 255, 255]]


def test_paste_on_white_pads_each_side():
    pixels = tf.zeros([2, 3, 3], tf.uint8)
    canvas = paste_on_white(pixels, tf.constant([1, 4], tf.int64), tf.constant([5, 8], tf.int64)).numpy()
    assert canvas.shape == (5, 8, 3)
    assert np.argwhere(canvas == 0).min(axis=0).tolist() == [1, 4, 0]
    assert (canvas == 0).sum() == 2 * 3 * 3
