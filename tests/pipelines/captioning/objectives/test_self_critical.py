"""Tests of self-critical sequence training."""

from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.pipelines.captioning.model import build
from foveal.pipelines.captioning.objectives.caption_reward import WordReward
from foveal.pipelines.captioning.objectives.self_critical import (
    TEMPERATURE,
    build_self_critical_losses,
    kl_divergence,
    pack_rows,
    token_advantages,
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

    def decoded_offsets(self, ids):
        return tf.zeros([*ids.shape[:-1], tf.shape(ids)[1], 2], tf.int32)


def at_end(values):
    """Give each caption one reward, at its end."""
    return [[WordReward(10**6, float(value))] for value in values]


def losses_of(untrained, codec, reward, network=None, jit_compile=False, kl_weight=0.0):
    return build_self_critical_losses(
        network or untrained.network,
        codec,
        reward,
        untrained.config.data.max_sequence_length,
        is_transformer=untrained.config.model.architecture == "transformer",
        kl_weight=kl_weight,
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
        return at_end(rewards)

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
    """Compute the log-probability of a caption under the policy."""
    inputs = tf.constant([[START, *ids[:-1]]])
    logits = untrained.network.decoder({"memory": memory, "caption": inputs})["logits"]
    return tf.nn.log_softmax(logits / TEMPERATURE)[0].numpy()[np.arange(len(ids)), ids].sum()


def test_equal_rewards_give_no_gradient(untrained, traced):
    calls = []

    def constant_reward(texts, image_indices):
        calls.append(image_indices.tolist())
        return at_end([3] * len(texts))

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
        return at_end(map(len, texts))

    compute = tf.function(losses_of(adaptive, adaptive.codec, length_reward, network))
    first, second = compute(BATCH), compute(BATCH)
    assert float(first["loss"]) != 0
    assert float(first["loss"]) == float(second["loss"])


@pytest.mark.slow
def test_training_increases_the_reward(adaptive):
    decoder = adaptive.network.decoder
    before = decoder.get_weights()

    def brevity_reward(texts, image_indices):
        return at_end([-len(text) for text in texts])

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


def test_token_advantages_are_returns_minus_those_of_the_other_samples():
    # One image, three samples of 3, 2 and 1 tokens; the third is punished at its only token.
    rewards = tf.constant([[1.0, 0, 2], [0, 4, 0], [-6, 0, 0]])
    returns = np.array([[3, 2, 2], [4, 4, 4], [-6, -6, -6]], float)  # an ended sample keeps its last return
    others = (returns.sum(0) - returns) / 2
    advantages = token_advantages(rewards, tf.constant([3, 2, 1]), 3)
    np.testing.assert_allclose(advantages, returns - others)


def test_word_reward_does_not_credit_later_tokens(adaptive):
    """A reward at the first token gives the other tokens no gradient: their returns are all zero."""

    def first_token_reward(texts, image_indices):
        return [[WordReward(-1, float(index % 5 == 0))] for index in range(len(texts))]

    losses = losses_of(adaptive, IdCodec(), first_token_reward)
    with tf.GradientTape() as tape:
        loss = losses(BATCH)["loss"]
    weights = [variable.value for variable in adaptive.network.decoder.trainable_variables]
    gradients = tape.gradient(loss, weights, unconnected_gradients="zero")
    expected = 0.0
    memory = adaptive.network.projection(adaptive.network.encoder(FEATURES))
    logits = adaptive.network.decoder({"memory": memory[:2], "caption": tf.constant([[START]] * 2)})["logits"]
    log_probs = tf.nn.log_softmax(logits[:, 0] / TEMPERATURE).numpy()
    assert any(np.any(tf.convert_to_tensor(gradient)) for gradient in gradients)
    samples = []

    def record_samples(texts, image_indices):
        samples.extend([int(text.split()[0]) for text in texts])
        return first_token_reward(texts, image_indices)

    loss = float(losses_of(adaptive, IdCodec(), record_samples)(BATCH)["loss"])
    for row, token in enumerate(samples[:10]):
        expected -= (1.0 if row % 5 == 0 else -0.25) * log_probs[row // 5, token]
    assert loss == pytest.approx(expected, rel=1e-3)


def test_kl_divergence_of_two_tokens_by_hand():
    logits, reference = tf.math.log([[[0.5, 0.5], [0.9, 0.1]]]), tf.math.log([[[0.25, 0.75], [0.9, 0.1]]])
    mask = tf.constant([[True, True]])
    expected = 0.5 * np.log(0.5 / 0.25) + 0.5 * np.log(0.5 / 0.75)
    np.testing.assert_allclose(kl_divergence(logits, reference, mask), [[expected, 0]], atol=1e-6)
    np.testing.assert_array_equal(kl_divergence(logits, reference, ~mask), [[0, 0]])


def test_divergence_is_from_the_model_at_the_start(adaptive):
    losses = losses_of(adaptive, IdCodec(), lambda texts, images: at_end([0] * len(texts)), kl_weight=2.0)
    assert float(losses(BATCH)["loss"]) == pytest.approx(0, abs=1e-4)
    decoder = adaptive.network.decoder
    before = decoder.get_weights()
    decoder.set_weights([weight * 1.5 for weight in before])
    assert float(losses(BATCH)["loss"]) > 0.1
    decoder.set_weights(before)
