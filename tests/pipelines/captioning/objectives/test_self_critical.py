"""Tests of self-critical sequence training."""

import warnings
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.metrics import Cider
from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.objectives.self_critical import (
    FALSE_CAPTION_REWARD,
    build_self_critical_losses,
    caption_reward,
    pack_rows,
)
from foveal.pipelines.text.codec import START

FEATURES = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
BATCH = {
    "features": tf.constant(FEATURES),
    "image_index": tf.constant([4, 2, 0]),
    "caption_0": tf.constant([[1, 260, 2], [1, 270, 2], [0, 0, 0]]),  # the third is padding
}


class IdCodec:
    """A codec whose texts are the ids."""

    def decode(self, ids):
        return tf.strings.reduce_join(tf.strings.as_string(ids), -1, separator=" ")


def losses_of(untrained, codec, reward, network=None, jit_compile=False):
    return build_self_critical_losses(
        network or untrained.network,
        codec,
        reward,
        untrained.config.data.max_sequence_length,
        is_transformer=untrained.config.model.architecture == "transformer",
        jit_compile=jit_compile,
    )


def trace_gradients(untrained, jit_compile=False):
    """Trace losses and gradients once; `reward` of the result is the reward function of each call."""
    weights = [variable.value for variable in untrained.network.model.trainable_variables]
    traced = SimpleNamespace(reward=None)
    codec: Any = IdCodec()
    losses = losses_of(
        untrained, codec, lambda texts, images: traced.reward(texts, images), jit_compile=jit_compile
    )

    @tf.function
    def compute():
        with tf.GradientTape() as tape:
            sums = losses(BATCH)
        return sums, tape.gradient(sums["loss"], weights, unconnected_gradients="zero")

    traced.compute = compute
    return traced


@pytest.fixture(scope="module")
def traced(untrained):
    return trace_gradients(untrained)


def check_advantages(untrained, traced):
    """One sample of each image is rewarded: its log-probability has weight 1, the others have -1/4."""
    rewards = np.zeros(15, np.float32)
    rewards[[1, 7]] = 1
    samples = []

    def reward(texts, image_indices):
        samples.extend([int(token) for token in text.split() if token != "0"] for text in texts)
        return rewards

    traced.reward = reward
    sums, gradients = traced.compute()
    memory = untrained.network.projection(untrained.network.encoder(FEATURES))
    advantages = np.where(rewards[:10] == 1, 1, -0.25)
    expected = 0.0
    for row, advantage in enumerate(advantages):
        expected -= advantage * log_probability(untrained, memory[row // 5][None], samples[row])
    assert not any(samples[10:])  # those of the padding image
    assert float(sums["loss"]) == pytest.approx(expected, rel=1e-3)
    encoder = {id(variable) for variable in untrained.network.encoder.trainable_variables}
    variables = zip(untrained.network.model.trainable_variables, gradients, strict=True)
    trained = {id(variable) for variable, gradient in variables if np.any(tf.convert_to_tensor(gradient))}
    assert trained
    assert not trained & encoder


def log_probability(untrained, memory, ids):
    """Compute the log-probability of a caption with the decoder."""
    inputs = tf.constant([[START, *ids[:-1]]])
    logits = untrained.network.decoder({"memory": memory, "caption": inputs})["logits"]
    return tf.nn.log_softmax(logits)[0].numpy()[np.arange(len(ids)), ids].sum()


def test_equal_rewards_give_no_gradient(untrained, traced):
    calls = []

    def constant_reward(texts, image_indices):
        calls.append(image_indices.tolist())
        return np.full(len(texts), 3.0, np.float32)

    traced.reward = constant_reward
    sums, gradients = traced.compute()
    assert calls == [[4] * 5 + [2] * 5 + [0] * 5]
    assert float(sums["loss"]) == pytest.approx(0, abs=1e-4)
    assert float(sums["reward"] / sums["tokens"]) == pytest.approx(3)
    for gradient in gradients:
        np.testing.assert_allclose(tf.convert_to_tensor(gradient), 0, atol=1e-5)


def test_loss_is_the_log_probability_weighted_by_the_advantage(untrained, traced):
    check_advantages(untrained, traced)


def test_compiled_sampling_gives_the_same_loss(adaptive):
    check_advantages(adaptive, trace_gradients(adaptive, jit_compile=True))


@pytest.mark.slow
def test_compiled_sampling_gives_the_same_loss_of_every_model(untrained):
    check_advantages(untrained, trace_gradients(untrained, jit_compile=True))


def test_dropout_is_off(adaptive):
    config = adaptive.config.model
    network = build(
        type(config)(**(vars(config) | {"dropout": 0.5})), FEATURES.shape[1], len(adaptive.codec.vocabulary)
    )

    def length_reward(texts, image_indices):
        return np.array([len(text) for text in texts], np.float32)

    compute = tf.function(losses_of(adaptive, adaptive.codec, length_reward, network))
    first, second = compute(BATCH), compute(BATCH)
    assert float(first["loss"]) != 0
    assert float(first["loss"]) == float(second["loss"])


@pytest.mark.slow
def test_training_increases_the_reward(adaptive):
    decoder = adaptive.network.decoder
    before = decoder.get_weights()

    def brevity_reward(texts, image_indices):
        return np.array([-len(text) for text in texts], np.float32)

    losses = losses_of(adaptive, adaptive.codec, brevity_reward)
    weights = [variable.value for variable in decoder.trainable_variables]
    optimizer = keras.optimizers.Adam(0.03)

    @tf.function
    def compute(batch):
        with tf.GradientTape() as tape:
            sums = losses(batch)
        return sums, tape.gradient(sums["loss"], weights, unconnected_gradients="zero")

    rewards = []
    for step in range(40):
        sums, gradients = compute(BATCH | {"image_index": tf.constant([4 + step, 2, 0])})
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        optimizer.apply(gradients, decoder.trainable_variables)
        rewards.append(float(sums["reward"] / sums["tokens"]))
    decoder.set_weights(before)
    assert np.mean(rewards[-10:]) > 0.9 * np.mean(rewards[:10])  # rewards are negative: shorter captions


def test_pack_rows_concatenates_without_gaps():
    values = tf.constant([[3, 4, 0], [5, 0, 0], [0, 0, 0], [6, 7, 8]])
    packed = pack_rows(values, values != 0, rows_per_pack=2)
    np.testing.assert_array_equal(packed, [[3, 4, 5], [6, 7, 8]])
    np.testing.assert_array_equal(pack_rows(values, values != 0, rows_per_pack=1), values)


NO_IMAGES = tf.data.Dataset.range(2)
REFERENCES = [["A red star.", "One red star on the left."], ["Two rings."]]


def test_caption_reward_compares_with_complete_references():
    references = [["A red star."], ["Two rings."]]
    reward = caption_reward(CaptionedImages(NO_IMAGES, references))
    texts = ["a red star", "a red", "a ring"]
    star, truncated, ring = reward(texts, [0, 0, 1])
    assert star > 5 > ring >= 0
    cider = Cider(references * 2)(texts, [references[0], references[0], references[1]])
    # a truncated caption loses more than by CIDEr-D without the end word
    assert truncated / star < 0.9 * cider[1] / cider[0]


def test_caption_reward_of_flipped_image_swaps_left_and_right():
    reward = caption_reward(CaptionedImages(NO_IMAGES, REFERENCES))
    texts = ["one red star on the left", "one red star on the right"]
    np.testing.assert_allclose(reward(texts, [0, 0]), reward(texts[::-1], [2, 2]), rtol=1e-6)


def one_object(shape, left):
    return {
        "shape": np.array([shape]),
        "colour": np.array(["red"]),
        "size": np.array(["big"]),
        "texture": np.array(["plain"]),
        "bbox": np.array([[0.4, left, 0.6, left + 0.2]]),
        "hidden_by": np.array([-1]),
    }


def test_caption_reward_of_false_caption_is_constant():
    objects = [one_object("star", 0.1), one_object("ring", 0.4)]
    left, right = "A red star is near the left edge.", "A red star is near the right edge."
    references = [[left, right], ["Two rings."]]
    cider_reward = caption_reward(CaptionedImages(NO_IMAGES, references))
    truth_reward = caption_reward(CaptionedImages(NO_IMAGES, references, objects))
    captions = [left, right, left, right, "A red ring near the bottom.", "ring a"]
    image_indices = [0, 0, 2, 2, 1, 3]
    cider = cider_reward(captions, image_indices)
    assert (cider >= 0).all()
    is_true = np.array([True, False, False, True, False, False])
    expected = np.where(is_true, cider, FALSE_CAPTION_REWARD)
    np.testing.assert_allclose(truth_reward(captions, image_indices), expected, rtol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(truth_reward([right, right], [0, 0]), [FALSE_CAPTION_REWARD] * 2)
