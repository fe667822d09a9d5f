"""Captions that are drawn learn what they are rewarded for."""

import dataclasses
import warnings
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
    caption_reward,
    pack_rows,
    self_critical_losses,
)
from foveal.pipelines.text.codec import START

SEEN = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3)).astype(np.uint8)
BATCH = {
    "seen": tf.constant(SEEN),
    "picture": tf.constant([4, 2, 0]),
    "caption_0": tf.constant([[1, 260, 2], [1, 270, 2], [0, 0, 0]]),  # the third fills up the batch
}


def gradients(untrained, losses):
    weights = [variable.value for variable in untrained.network.model.trainable_variables]

    @tf.function
    def learn():
        with tf.GradientTape() as tape:
            told = losses(BATCH)
        return told, tape.gradient(told["loss"], weights, unconnected_gradients="zero")

    return learn()


def test_captions_that_are_all_as_good_teach_nothing(untrained):
    asked = []

    def same(texts, pictures):
        asked.append(pictures.tolist())
        return np.full(len(texts), 3.0, np.float32)

    losses = self_critical_losses(untrained.network, untrained.config, untrained.codec, same)
    told, found = gradients(untrained, losses)
    assert asked == [[4] * 5 + [2] * 5 + [0] * 5]
    assert float(told["loss"]) == pytest.approx(0, abs=1e-4)
    assert float(told["reward"] / told["tokens"]) == pytest.approx(3)
    for gradient in found:
        np.testing.assert_allclose(tf.convert_to_tensor(gradient), 0, atol=1e-5)


@pytest.mark.parametrize("compiled", [False, True], ids=["plain", "compiled"])
def test_each_is_moved_by_what_it_is_better_than_the_others_and_the_encoder_rests(untrained, compiled):
    """One caption of each picture is rewarded: its log-probability counts 1, those of the others -1/4."""
    training = dataclasses.replace(untrained.config.training, jit_compile=compiled)
    config = dataclasses.replace(untrained.config, training=training)
    rewards = np.zeros(15, np.float32)
    rewards[[1, 7]] = 1
    drawn = []

    def reward(texts, pictures):
        drawn.extend([int(one) for one in text.split() if one != "0"] for text in texts)
        return rewards

    numbers: Any = MeasureTable()
    losses = self_critical_losses(untrained.network, config, numbers, reward)
    told, found = gradients(untrained, losses)
    memory = untrained.network.projection(untrained.network.encoder(SEEN))
    factors = np.where(rewards[:10] == 1, 1, -0.25)
    expected = 0.0
    for row, factor in enumerate(factors):
        expected -= factor * log_probability(untrained, memory[row // 5][None], drawn[row])
    assert not any(drawn[10:])  # the picture that fills up the batch
    assert float(told["loss"]) == pytest.approx(expected, rel=1e-3)
    encoder = {id(variable) for variable in untrained.network.encoder.trainable_variables}
    variables = zip(untrained.network.model.trainable_variables, found, strict=True)
    moved = {id(variable) for variable, one in variables if np.any(tf.convert_to_tensor(one))}
    assert moved
    assert not moved & encoder


def test_nothing_is_dropped(adaptive):
    config = dataclasses.replace(
        adaptive.config, model=dataclasses.replace(adaptive.config.model, dropout=0.5)
    )
    network = build(config.model, SEEN.shape[1], len(adaptive.codec.vocabulary))

    def longest(texts, pictures):
        return np.array([len(text) for text in texts], np.float32)

    learn = tf.function(self_critical_losses(network, config, adaptive.codec, longest))
    first, again = learn(BATCH), learn(BATCH)
    assert float(first["loss"]) != 0
    assert float(first["loss"]) == float(again["loss"])


def test_what_is_rewarded_becomes_likelier(adaptive):
    decoder = adaptive.network.decoder
    before = decoder.get_weights()

    def short(texts, pictures):
        return np.array([-len(text) for text in texts], np.float32)

    losses = self_critical_losses(adaptive.network, adaptive.config, adaptive.codec, short)
    weights = [variable.value for variable in decoder.trainable_variables]
    optimizer = keras.optimizers.Adam(0.03)

    @tf.function
    def learn(batch):
        with tf.GradientTape() as tape:
            told = losses(batch)
        return told, tape.gradient(told["loss"], weights, unconnected_gradients="zero")

    rewards = []
    for step in range(40):
        told, found = learn(BATCH | {"picture": tf.constant([4 + step, 2, 0])})
        optimizer.apply([tf.convert_to_tensor(one) for one in found], decoder.trainable_variables)
        rewards.append(float(told["reward"] / told["tokens"]))
    decoder.set_weights(before)
    assert np.mean(rewards[-10:]) > 0.9 * np.mean(rewards[:10])  # rewards are negative: shorter captions


def test_what_counts_stands_in_rows_without_gaps():
    values = tf.constant([[3, 4, 0], [5, 0, 0], [0, 0, 0], [6, 7, 8]])
    packed = pack_rows(values, values != 0, in_row=2)
    np.testing.assert_array_equal(packed, [[3, 4, 5], [6, 7, 8]])
    np.testing.assert_array_equal(pack_rows(values, values != 0, in_row=1), values)


NOTHING = tf.data.Dataset.range(2)
REFERENCES = [["A red star.", "One red star on the left."], ["Two rings."]]


def test_cider_rewards_what_is_like_the_references_up_to_their_end():
    references = [["A red star."], ["Two rings."]]
    reward = caption_reward(CaptionedImages(NOTHING, references))
    texts = ["a red star", "a red", "a ring"]
    star, cut, ring = reward(texts, [0, 0, 1])
    assert star > 5 > ring >= 0
    whole, part, _ = Cider(references * 2)(texts, [references[0], references[0], references[1]])
    assert cut / star < 0.9 * part / whole  # what stops too early costs more than by CIDEr-D itself


def test_cider_of_a_picture_in_a_mirror_knows_that_left_is_right():
    reward = caption_reward(CaptionedImages(NOTHING, REFERENCES))
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


def test_what_is_false_of_the_picture_or_of_its_mirror_is_punished_however_like_the_references():
    objects = [one_object("star", 0.1), one_object("ring", 0.4)]
    left, right = "A red star is near the left edge.", "A red star is near the right edge."
    references = [[left, right], ["Two rings."]]
    unjudged = caption_reward(CaptionedImages(NOTHING, references))
    judged = caption_reward(CaptionedImages(NOTHING, references, objects))
    asked = [left, right, left, right, "A red ring near the bottom.", "ring a"], [0, 0, 2, 2, 1, 3]
    like = unjudged(*asked)
    assert (like >= 0).all()
    np.testing.assert_allclose(
        judged(*asked),
        [
            like[0],
            FALSE_CAPTION_REWARD,
            FALSE_CAPTION_REWARD,
            like[3],
            FALSE_CAPTION_REWARD,
            FALSE_CAPTION_REWARD,
        ],
        rtol=1e-6,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(
            judged([right, right], [0, 0]), [FALSE_CAPTION_REWARD, FALSE_CAPTION_REWARD]
        )


class MeasureTable:
    """A codec whose texts are the ids."""

    def decode(self, ids):
        return tf.strings.reduce_join(tf.strings.as_string(ids), -1, separator=" ")


def log_probability(untrained, memory, ids):
    """Of a caption, by the decoder alone."""
    before = tf.constant([[START, *ids[:-1]]])
    logits = untrained.network.decoder({"memory": memory, "caption": before})["logits"]
    return tf.nn.log_softmax(logits)[0].numpy()[np.arange(len(ids)), ids].sum()
