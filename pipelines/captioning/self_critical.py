"""Captions that are drawn, and learn from how good they are: self-critical training."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from ..decoding import generate, sample
from ..losses import smoothed_cross_entropies
from ..text import PAD, START, TextCodec
from ..training import Batch, Losses
from .config import CaptioningConfig
from .metrics import Cider
from .mirrors import in_mirror, mirrored
from .model import Network, step_decoder, trains_encoder
from .truth import Judge, can_be_judged

SAMPLES = 5  # captions of a picture that are drawn at once
FALSE = -3.0  # what a false caption is worth; a true one is worth its CIDEr-D, 1.2 in the mean on `scenes`
END_WORD = "eos"  # to CIDEr-D, so that a caption that stops too early is no better than one that does not

Places = Sequence[int] | np.ndarray
Reward = Callable[[Sequence[str], Places], np.ndarray]


def caption_reward(train: CaptionedImages) -> Reward:
    """What captions are worth: their CIDEr-D, and where the data tell what is true, `FALSE` if they are not.

    A caption that says more is worth more, as long as it is true: a captioner learns to say what it is sure
    of. Truth alone is had by saying nothing: `near the top is a shape`.

    Returns:
        Captions and the places of their pictures in `train` -> `(captions,)` float32. Places behind the last
        are those of the pictures in a mirror.
    """
    references = [[f"{text.lower()} {END_WORD}" for text in texts] for texts in train.references]
    references += [[in_mirror(text) for text in texts] for texts in references]
    cider = Cider(references)
    objects = train.objects or []
    judge = Judge([*objects, *mirrored(objects)]) if can_be_judged(objects) else None

    def reward(captions: Sequence[str], pictures: Places) -> np.ndarray:
        ended = [f"{caption} {END_WORD}" for caption in captions]
        worth = np.array(cider(ended, [references[place] for place in pictures]), np.float32)
        if judge is None:
            return worth
        true = [judge(*one) for one in zip(captions, pictures, strict=True)]
        return np.where(true, worth, np.float32(FALSE))

    return reward


def self_critical_losses(
    network: Network, config: CaptioningConfig, codec: TextCodec, reward: Reward
) -> Callable[[Batch], Losses]:
    """The loss of a batch: `seen`, what is seen of each picture; `picture`, its place; `caption_0`, one of
    its captions, none where the batch is not full.

    Of every picture some captions are drawn. Each becomes likelier by as much as its reward is above the mean
    of the others', and less likely by as much as it is below. Nothing is dropped, since nothing was when they
    were drawn. The encoder learns nothing more.

    Args:
        network: a trained model.
        config: that it was trained with.
        codec: of its captions.
        reward: how good captions are.

    Reference:
        Rennie et al. 2017, Self-critical Sequence Training for Image Captioning; Luo 2020, A Better Variant
        of Self-Critical Sequence Training (the mean of the others as baseline).
    """
    decoder, longest = step_decoder(network, config.model), config.data.max_pieces

    def rewards(texts: np.ndarray, pictures: np.ndarray) -> np.ndarray:
        return reward([text.decode() for text in texts], pictures)

    def sums(batch: Batch) -> Losses:
        grid = batch["seen"]
        if trains_encoder(config.model):
            grid = tf.stop_gradient(network.encoder(grid))
        memory = tf.repeat(network.projection(grid), SAMPLES, axis=0)
        pictures = tf.repeat(batch["picture"], SAMPLES)
        filled = tf.repeat(tf.reduce_any(batch["caption_0"] != PAD, axis=-1), SAMPLES)
        draw = sample(seed=tf.reduce_sum(tf.range(1, tf.size(pictures) + 1) * pictures))
        start = decoder.start(tf.stop_gradient(memory), 1, longest)
        drawn = generate(*start, tf.size(pictures), longest, tf.where(filled, longest, 0), draw).tokens[:, 0]
        drawn = drawn[:, : tf.reduce_max(tf.math.count_nonzero(drawn, axis=1))]
        found = tf.numpy_function(rewards, [codec.decode(drawn), pictures], tf.float32, stateful=False)
        found = tf.where(filled, tf.ensure_shape(found, [None]), 0.0)
        of_picture = tf.reshape(found, [-1, SAMPLES])
        others = (tf.reduce_sum(of_picture, axis=1, keepdims=True) - of_picture) / (SAMPLES - 1)
        better = tf.reshape(of_picture - others, [-1])
        before = tf.pad(drawn[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        told = network.decoder({"memory": memory, "caption": before}, training=False)  # as it was drawn
        mask = drawn != PAD
        each = tf.reduce_sum(smoothed_cross_entropies(told["logits"], drawn, mask), axis=1)
        words = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        return {
            "loss": tf.reduce_sum(better * each),
            "reward": tf.reduce_sum(found * words),
            "tokens": tf.reduce_sum(words),
        }

    return sums
