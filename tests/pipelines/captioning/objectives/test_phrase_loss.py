"""Tests of the phrase attention loss."""

import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.objectives.phrase_loss import (
    gold_objects_of_tokens,
    object_coverage,
    phrase_attention_loss,
)

# "up: a star left of two rings!": bytes of the tokens, START first and END last
SPANS = np.array(
    [(0, 0), (0, 2), (2, 3), (3, 5), (6, 10), (11, 15), (16, 18), (19, 22), (23, 28), (28, 29), (29, 29)]
)
PHRASES = {"start": np.array([4, 19, 19]), "end": np.array([10, 28, 28]), "object": np.array([2, 0, 1])}


def test_gold_objects_of_tokens_follow_the_last_phrase():
    star, rings = 0b100, 0b011
    assert gold_objects_of_tokens(SPANS, PHRASES).tolist() == [0] * 3 + [star] * 4 + [rings] * 4


def test_gold_objects_without_phrases_are_empty():
    none = {name: column[:0] for name, column in PHRASES.items()}
    assert not gold_objects_of_tokens(SPANS, none).any()


def test_object_coverage_is_relative_to_the_best_cell():
    # rows 0.5 to 1 and columns 0.25 to 0.75 of a grid of 2 x 2: half of each cell of the lower row
    table = {"bbox": np.array([[0.5, 0.25, 1.0, 0.75], [0.0, 0.0, 0.5, 0.75]])}
    coverage = object_coverage([table, {"bbox": np.zeros((0, 4))}], 2, 2)
    assert coverage.shape == (2, 2, 4)
    np.testing.assert_allclose(coverage[0], [[0, 0, 1, 1], [1, 0.5, 0, 0]])
    assert not coverage[1].any()


def test_phrase_attention_loss_is_negative_log_mass():
    attention = tf.constant([[[[0.5, 0.25, 0.25], [0.1, 0.1, 0.8], [1.0, 0.0, 0.0]]]])
    coverage = tf.constant([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]])
    gold_objects = tf.constant([[0b11, 0b01, 0b00]])  # both objects; the first; none
    expected = -np.log(0.75) - np.log(0.1)
    np.testing.assert_allclose(phrase_attention_loss(attention, gold_objects, coverage), expected, rtol=1e-6)
