"""Shortlist of a search: ids and masks; test_lexical_shortlist.py of the translator searches with it."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.decoding.shortlist import Shortlist

MASK = [[True, True, True, True, True], [True, True, True, False, True]]
SHORTLIST = Shortlist(tf.constant([0, 1, 2, 7, 9]), tf.constant(MASK))


def test_indices_are_converted_to_ids():
    assert SHORTLIST.ids(tf.constant([[3, 2], [4, 0]])).numpy().tolist() == [[7, 2], [9, 0]]


def test_tokens_of_other_examples_are_masked():
    logits = tf.random.stateless_normal([2, 3, 5], [0, 1])
    masked = SHORTLIST.mask_logits(logits).numpy()
    assert (masked[1, :, 3] < -1e8).all()
    masked[1, :, 3] = logits[1, :, 3]
    np.testing.assert_array_equal(masked, logits)
