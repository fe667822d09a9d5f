"""Rewards of captions at their words: CIDEr-D, and for `scenes` true and false facts."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from ....datasets import CaptionedImages
from ....datasets.scenes.caption_facts import check_facts
from ....datasets.scenes.vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES
from ..caption_flip import flip_caption
from ..caption_truth import CaptionJudge, has_scene_objects
from ..horizontal_flip import flip_boxes
from ..metrics import Cider

# A true fact earns its information in nats: the logarithm of the number of alternatives.
INFORMATION = {
    "shape": math.log(len(SHAPES)),
    "colour": math.log(len(COLOURS)),
    "texture": math.log(len(TEXTURES)),
    "size": math.log(len(SIZE_RANGES)),
    "count": math.log(5),
    "region": math.log(5),
    "relation": 6.0,  # more than log 7: it needs a second object
}
INFORMATION_WEIGHT = 0.1
FALSE_FACT_REWARD = -9.0  # a caption of two objects earns 1.6
CIDER_WEIGHT = 0.1  # for `scenes`; without facts CIDEr-D alone is the reward
END_WORD = "eos"  # a word for CIDEr-D, so that a caption that ends too early does not score better

Indices = Sequence[int] | np.ndarray


class WordReward(NamedTuple):
    """A reward at a byte of a caption; `position` is the number of its bytes for its end."""

    position: int
    value: float


Reward = Callable[[Sequence[str], Indices], list[list[WordReward]]]


def caption_reward(data: CaptionedImages) -> Reward:
    """Build the reward of captions: for `scenes` precision and recall of facts, else CIDEr-D.

    With the objects of `scenes`, every true fact of a caption is rewarded by its information, at the word
    that states it; the first word that makes the caption false is punished, and later words earn nothing.
    A true caption also earns CIDEr-D at its end. Rewarding truth alone favours vague captions: `near the top
    is a shape`.

    Args:
        data: images with their references and, for `scenes`, their objects.

    Returns:
        A function of captions and the indices of their images in `data` -> the rewards of each caption.
        Indices beyond the last image are those of the flipped images.
    """
    captions = [[text.lower() for text in texts] for texts in data.references]
    captions += [[flip for text in texts if (flip := flip_caption(text)) is not None] for texts in captions]
    references = [[f"{text} {END_WORD}" for text in texts] for texts in captions]
    cider = Cider(references)
    objects = data.objects or []
    judge = CaptionJudge([*objects, *flip_boxes(objects)]) if has_scene_objects(objects) else None

    def reward(captions: Sequence[str], image_indices: Indices) -> list[list[WordReward]]:
        pairs = list(zip(captions, image_indices, strict=True))
        facts = {pair: [] if judge is None else fact_rewards(judge, *pair) for pair in pairs}
        true_pairs = [pair for pair, rewards in facts.items() if not any(value < 0 for _, value in rewards)]
        texts = [f"{caption} {END_WORD}" for caption, _ in true_pairs]
        scores = cider(texts, [references[index] for _, index in true_pairs])
        weight = 1.0 if judge is None else CIDER_WEIGHT
        for pair, score in zip(true_pairs, scores, strict=True):
            facts[pair] = [*facts[pair], WordReward(len(pair[0].encode()), weight * score)]
        return [facts[pair] for pair in pairs]

    return reward


def fact_rewards(judge: CaptionJudge, caption: str, image_index: int) -> list[WordReward]:
    """Return the rewards of the true facts of a caption, and the punishment of the first false one.

    A word earns once: the second object of `a ring and a ring` says nothing new.
    """
    checked = check_facts(caption, judge.scenes[image_index])
    if checked is None:
        return [WordReward(len(caption.encode()), FALSE_FACT_REWARD)]
    facts, num_true = checked
    first_facts = {caption[fact.start : fact.end]: fact for fact in reversed(facts[:num_true])}
    rewards = [
        WordReward(fact.start, INFORMATION_WEIGHT * INFORMATION[fact.kind])
        for fact in sorted(first_facts.values())
    ]
    if num_true < len(facts):
        rewards.append(WordReward(facts[num_true].start, FALSE_FACT_REWARD))
    return rewards


def total_reward(rewards: Sequence[Sequence[WordReward]]) -> np.ndarray:
    """Sum the rewards of each caption: `(captions,)` float32."""
    return np.array([sum(value for _, value in of_caption) for of_caption in rewards], np.float32)


def token_rewards(
    rewards: Sequence[Sequence[WordReward]], offsets: np.ndarray, num_tokens: np.ndarray
) -> np.ndarray:
    """Assign each reward to the token that holds its byte.

    Args:
        rewards: of each caption.
        offsets: `(captions, T, 2)`, first and last byte of each token.
        num_tokens: `(captions,)`, tokens with the one that ends the caption, or that is the last of a
            caption of maximum length.

    Returns:
        `(captions, T)` float32. A reward at the end belongs to the last token.
    """
    values = np.zeros(offsets.shape[:2], np.float32)
    for row, of_caption in enumerate(rewards):
        last = max(int(num_tokens[row]) - 1, 0)
        for position, value in of_caption:
            token = min(int(np.searchsorted(offsets[row, :last, 1], position, side="right")), last)
            values[row, token] += value
    return values
