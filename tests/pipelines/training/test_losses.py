"""Tests of the cross-entropy and attention losses against Keras and hand-computed values."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.training.losses import (
    FROM_INPUT,
    FROM_SENTINEL,
    NO_GOLD,
    attention_loss,
    correct_tokens,
    gate_loss,
    total_cross_entropy,
)

LOGITS = np.random.default_rng(0).normal(0, 3, (2, 3, 5)).astype("float32")
LABELS = np.array([[1, 4, 2], [3, 0, 0]])
MASK = np.array([[True, True, True], [True, False, False]])


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_total_cross_entropy_matches_keras_with_one_hot_labels(label_smoothing):
    losses = keras.losses.categorical_crossentropy(
        keras.ops.one_hot(LABELS, 5), LOGITS, from_logits=True, label_smoothing=label_smoothing
    )
    expected = np.sum(np.asarray(losses)[MASK])
    result = total_cross_entropy(tf.constant(LOGITS), LABELS, MASK, label_smoothing)
    np.testing.assert_allclose(result, expected, rtol=1e-5)


def test_masked_tokens_have_zero_gradient():
    logits = tf.Variable(LOGITS)
    with tf.GradientTape() as tape:
        loss = total_cross_entropy(logits, LABELS, MASK, 0.1)
    gradient = tape.gradient(loss, logits).numpy()
    assert not gradient[~MASK].any()
    assert gradient[MASK].any(axis=-1).all()


def test_bfloat16_logits_are_reduced_in_float32():
    loss = total_cross_entropy(tf.constant(LOGITS, tf.bfloat16), LABELS, MASK, 0.1)
    assert loss.dtype == tf.float32
    np.testing.assert_allclose(loss, total_cross_entropy(tf.constant(LOGITS), LABELS, MASK, 0.1), rtol=0.02)


def test_correct_tokens_ignores_masked_tokens():
    logits = tf.one_hot([[1, 4, 0], [3, 0, 0]], 5)  # correct, correct, wrong; correct, masked, masked
    assert float(correct_tokens(logits, tf.constant(LABELS), tf.constant(MASK))) == 3


def test_attention_loss_crops_or_pads_gold_to_attention():
    attention = tf.constant([[[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]]])
    wide = tf.constant([[[1, 0, 3, 9], [0, 0, 0, 9], [1, 1, 1, 1]]])
    narrow = tf.constant([[[1, 3]]])
    expected = -0.25 * np.log(0.5) - 0.75 * np.log(0.25)
    assert float(attention_loss(attention, wide)) == pytest.approx(expected, rel=1e-6)
    assert float(attention_loss(attention, narrow)) == pytest.approx(expected, rel=1e-6)


def test_gate_loss_is_the_mean_over_layers_of_the_tokens_with_gold():
    gate = tf.constant([[[0.2, 0.9, 0.5], [0.4, 0.6, 0.5]]])  # two layers, three tokens
    gold = np.array([[FROM_INPUT, FROM_SENTINEL, NO_GOLD, FROM_SENTINEL]])  # longer than the tokens
    expected = -np.mean([np.log(0.8) + np.log(0.9), np.log(0.6) + np.log(0.6)])
    assert float(gate_loss(gate, tf.constant(gold))) == pytest.approx(expected, rel=1e-5)
    assert float(gate_loss(gate, tf.constant(gold[:, :2], tf.int8))) == pytest.approx(expected, rel=1e-5)
    assert float(gate_loss(gate, tf.fill([1, 3], NO_GOLD))) == 0
