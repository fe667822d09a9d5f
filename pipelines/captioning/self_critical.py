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
from .model import Network, step_decoder, trains_encoder
from .truth import can_be_judged, is_true_of

SAMPLES = 5  # captions of a picture that are drawn at once
TRUTH = 2.0  # what it is worth that a caption is true, beside its CIDEr-D


class Reward:
    """How good captions of training pictures are: CIDEr-D, and where it can be judged whether they are true.

    Args:
        train: the pictures.
    """

    def __init__(self, train: CaptionedImages):
        self.train = train
        self.cider = Cider(train.references)
        self.objects = train.objects if can_be_judged(train.objects) else None

    def __call__(self, captions: Sequence[str], pictures: Sequence[int]) -> np.ndarray:
        """The reward of each caption, `(captions,)` float32, for the picture at its place in `train`."""
        reward = np.array(self.cider(captions, [self.train.references[place] for place in pictures]))
        if self.objects is not None:
            judged = zip(captions, pictures, strict=True)
            reward += TRUTH * np.array([is_true_of(one, self.objects[place]) for one, place in judged])
        return reward.astype(np.float32)


def self_critical_losses(
    network: Network, config: CaptioningConfig, codec: TextCodec, reward: Callable
) -> Callable[[Batch], Losses]:
    """The loss of a batch: `seen`, what is seen of each picture; `picture`, its place; `caption_0`, one of
    its captions, none where the batch is not full.

    Of every picture some captions are drawn. Each becomes likelier by as much as its reward is above the mean
    of the others', and less likely by as much as it is below. The encoder learns nothing more.

    Args:
        network: a trained model.
        config: that it was trained with.
        codec: of its captions.
        reward: from captions and the places of their pictures to `(captions,)` float32.

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
        found = tf.numpy_function(rewards, [codec.decode(drawn), pictures], tf.float32, stateful=False)
        found = tf.where(filled, tf.ensure_shape(found, [None]), 0.0)
        of_picture = tf.reshape(found, [-1, SAMPLES])
        others = (tf.reduce_sum(of_picture, axis=1, keepdims=True) - of_picture) / (SAMPLES - 1)
        better = tf.reshape(of_picture - others, [-1])
        before = tf.pad(drawn[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        logits = network.decoder({"memory": memory, "caption": before}, training=True)["logits"]
        mask = drawn != PAD
        each = tf.reduce_sum(smoothed_cross_entropies(logits, drawn, mask), axis=1)
        words = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        return {
            "loss": tf.reduce_sum(better * each),
            "reward": tf.reduce_sum(found * words),
            "tokens": tf.reduce_sum(words),
        }

    return sums
