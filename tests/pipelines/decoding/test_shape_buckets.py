"""Sizes of powers of two."""

import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.decoding.shape_buckets import crop_decoded, next_power_of_two, pad_to
from foveal.pipelines.decoding.steps import Decoded


@pytest.mark.parametrize("minimum", [1, 8])
def test_next_power_of_two_is_smallest(minimum):
    for size in range(1, 300):
        expected = next(2**n for n in range(10) if 2**n >= max(size, minimum))
        assert int(next_power_of_two(tf.constant(size), minimum)) == expected


def test_crop_inverts_padding():
    random = np.random.default_rng(0)
    focus = {
        "attention": random.normal(size=(2, 1, 3, 5)),
        "gate": random.normal(size=(2, 1, 3)),
        "attention_heads": random.normal(size=(2, 1, 3, 4, 6, 5)),
        "gate_heads": random.normal(size=(2, 1, 3, 4, 6)),
    }
    decoded = Decoded(tf.ones([2, 1, 3], tf.int32), tf.ones([2, 1]), focus)
    padded = {name: pad_to(tf.constant(x), 4, 1, 8) for name, x in focus.items()}
    for name in ("attention", "attention_heads"):
        padded[name] = tf.concat([padded[name], padded[name]], axis=-1)
    cropped = crop_decoded(
        Decoded(pad_to(decoded.tokens, 4, 1, 8), pad_to(decoded.scores, 4), padded), 2, 3, 5
    )
    tf.nest.map_structure(np.testing.assert_array_equal, cropped, decoded)
