"""Rewards of captions and of their words."""

import warnings

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.metrics import Cider
from foveal.pipelines.captioning.objectives.caption_reward import (
    CIDER_WEIGHT,
    FALSE_FACT_REWARD,
    INFORMATION,
    INFORMATION_WEIGHT,
    WordReward,
    caption_reward,
    token_rewards,
    total_reward,
)

NO_IMAGES = tf.data.Dataset.range(2)
REFERENCES = [["A red star.", "One red star on the left."], ["Two rings."]]


def test_caption_reward_compares_with_complete_references():
    references = [["A red star."], ["Two rings."]]
    reward = caption_reward(CaptionedImages(NO_IMAGES, references))
    texts = ["a red star", "a red", "a ring"]
    star, truncated, ring = total_reward(reward(texts, [0, 0, 1]))
    assert star > 5 > ring >= 0
    cider = Cider(references * 2)(texts, [references[0], references[0], references[1]])
    # a truncated caption loses more than by CIDEr-D without the end word
    assert truncated / star < 0.9 * cider[1] / cider[0]


def test_caption_reward_of_flipped_image_swaps_left_and_right():
    reward = caption_reward(CaptionedImages(NO_IMAGES, REFERENCES))
    texts = ["one red star on the left", "one red star on the right"]
    rewards = [
        total_reward(reward(captions, images))
        for captions, images in ((texts, [0, 0]), (texts[::-1], [2, 2]))
    ]
    np.testing.assert_allclose(*rewards, rtol=1e-6)


def one_object(shape, left):
    return {
        "shape": np.array([shape]),
        "colour": np.array(["red"]),
        "size": np.array(["big"]),
        "texture": np.array(["plain"]),
        "bbox": np.array([[0.4, left, 0.6, left + 0.2]]),
        "hidden_by": np.array([-1]),
    }


def test_caption_reward_of_facts_ends_at_the_first_false_one():
    objects = [one_object("star", 0.1), one_object("ring", 0.4)]
    left, right = "A red star is near the left edge.", "A red star is near the right edge."
    references = [[left, right], ["Two rings."]]
    cider_reward = caption_reward(CaptionedImages(NO_IMAGES, references))
    fact_reward = caption_reward(CaptionedImages(NO_IMAGES, references, objects))
    red, star, side = (INFORMATION_WEIGHT * INFORMATION[kind] for kind in ("colour", "shape", "region"))
    captions = [left, right, left, right, "A blue star is near the left edge.", "ring a"]
    image_indices = [0, 0, 2, 2, 0, 3]
    cider = total_reward(cider_reward(captions, image_indices))
    expected = [
        red + star + side + CIDER_WEIGHT * cider[0],
        red + star + FALSE_FACT_REWARD,
        red + star + FALSE_FACT_REWARD,
        red + star + side + CIDER_WEIGHT * cider[3],
        FALSE_FACT_REWARD,
        FALSE_FACT_REWARD,
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rewards = fact_reward(captions, image_indices)
    np.testing.assert_allclose(total_reward(rewards), expected, rtol=1e-5)
    positions = [position for position, _ in rewards[0]]
    assert positions == [left.index("red"), left.index("star"), left.index("left"), len(left)]
    assert rewards[4] == [WordReward(2, FALSE_FACT_REWARD)]


def test_token_rewards_belong_to_the_token_of_their_character():
    # `a | red| star|END` and `a | ring`, the second cut at the maximum length
    offsets = np.array([[[0, 1], [1, 5], [5, 10], [10, 10]], [[0, 1], [1, 6], [0, 0], [0, 0]]])
    rewards = [[WordReward(2, 1.0), WordReward(6, 2.0), WordReward(10, 4.0)], [WordReward(6, 3.0)]]
    expected = [[0, 1, 2, 4], [0, 3, 0, 0]]
    np.testing.assert_array_equal(token_rewards(rewards, offsets, np.array([4, 2])), expected)


def test_token_rewards_of_an_empty_caption_belong_to_its_end():
    offsets = np.zeros((1, 2, 2), int)
    np.testing.assert_array_equal(token_rewards([[WordReward(0, 5.0)]], offsets, np.array([1])), [[5, 0]])


def test_caption_reward_counts_bytes():
    reward = caption_reward(CaptionedImages(NO_IMAGES, [["um cão"], ["Two rings."]]))
    ((end,),) = reward(["um cão"], [0])
    assert end.position == len("um cão".encode())
    offsets = np.array([[[0, 2], [2, 7], [7, 7]]])  # um | cão | END
    values = token_rewards([[end]], offsets, np.array([3]))
    assert values[0, :2].tolist() == [0, 0]
    assert values[0, 2] == pytest.approx(end.value)


def test_word_that_was_said_earns_nothing():
    table = {name: np.concatenate([column, column]) for name, column in one_object("ring", 0.1).items()}
    table["bbox"] = np.array([[0.1, 0.1, 0.3, 0.3], [0.6, 0.6, 0.9, 0.9]])
    reward = caption_reward(CaptionedImages(NO_IMAGES, [["Two rings."]], [table]))
    [[*facts, _]] = reward(["there are a red ring and a red ring"], [0])
    starts, values = zip(*facts, strict=True)
    assert starts == (12, 16)
    assert values == tuple(INFORMATION_WEIGHT * INFORMATION[kind] for kind in ("colour", "shape"))
