"""Captions that are drawn, and learn from how good they are: self-critical training."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ...decoding.search import generate, sample
from ...text.codec import PAD, START, TextCodec
from ...training.losses import token_cross_entropy
from ...training.trainer import Batch, Losses
from ..caption_truth import CaptionJudge, has_scene_objects
from ..config import CaptioningConfig
from ..horizontal_flip import flip_boxes, flip_caption
from ..metrics import Cider
from ..model import Network, build_decoder, trains_encoder

NUM_SAMPLES = 5  # captions of a picture that are drawn at once
FALSE_CAPTION_REWARD = (
    -3.0
)  # what a false caption is worth; a true one is worth its CIDEr-D, 1.2 in the mean on `scenes`
END_WORD = "eos"  # to CIDEr-D, so that a caption that stops too early is no better than one that does not

Indices = Sequence[int] | np.ndarray
Reward = Callable[[Sequence[str], Indices], np.ndarray]


def caption_reward(train: CaptionedImages) -> Reward:
    """What captions are worth: their CIDEr-D, and where the data tell what is true, `FALSE_CAPTION_REWARD` if they are not.

    A caption that says more is worth more, as long as it is true: a captioner learns to say what it is sure
    of. Truth alone is had by saying nothing: `near the top is a shape`.

    Returns:
        Captions and the places of their pictures in `train` -> `(captions,)` float32. Places behind the last
        are those of the pictures in a mirror.
    """
    references = [[f"{text.lower()} {END_WORD}" for text in texts] for texts in train.references]
    references += [[flip_caption(text) for text in texts] for texts in references]
    cider = Cider(references)
    objects = train.objects or []
    judge = CaptionJudge([*objects, *flip_boxes(objects)]) if has_scene_objects(objects) else None

    def reward(captions: Sequence[str], pictures: Indices) -> np.ndarray:
        pairs = list(zip(captions, pictures, strict=True))
        true = [one for one in dict.fromkeys(pairs) if judge is None or judge(*one)]
        ended = [f"{caption} {END_WORD}" for caption, _ in true]
        worth = dict(zip(true, cider(ended, [references[place] for _, place in true]), strict=True))
        return np.array([worth.get(one, FALSE_CAPTION_REWARD) for one in pairs], np.float32)

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
    decoder, longest = build_decoder(network, config.model), config.data.max_sequence_length
    room = longest if config.training.jit_compile else None  # XLA knows no cache that grows
    in_row = {"transformer": NUM_SAMPLES, "lstm": 1}[
        config.model.architecture
    ]  # captions learned from together

    @partial(tf.function, jit_compile=config.training.jit_compile)
    def draw(memory: tf.Tensor, filled: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        max_lengths = tf.where(filled, longest, 0)
        found = generate(
            *decoder.start(memory, 1, room), tf.size(max_lengths), longest, max_lengths, sample(seed=seed)
        )
        return found.tokens[:, 0]

    def rewards(texts: np.ndarray, pictures: np.ndarray) -> np.ndarray:
        return reward([text.decode() for text in texts], pictures)

    def sums(batch: Batch) -> Losses:
        grid = batch["seen"]
        if trains_encoder(config.model):
            grid = tf.stop_gradient(network.encoder(grid))
        memory = network.projection(grid)
        pictures = tf.repeat(batch["picture"], NUM_SAMPLES)
        filled = tf.repeat(tf.reduce_any(batch["caption_0"] != PAD, axis=-1), NUM_SAMPLES)
        seed = tf.reduce_sum(tf.range(1, tf.size(pictures) + 1) * pictures)
        drawn = draw(tf.repeat(tf.stop_gradient(memory), NUM_SAMPLES, axis=0), filled, seed)
        found = tf.numpy_function(rewards, [codec.decode(drawn), pictures], tf.float32, stateful=False)
        found = tf.where(filled, tf.ensure_shape(found, [None]), 0.0)
        of_picture = tf.reshape(found, [-1, NUM_SAMPLES])
        others = (tf.reduce_sum(of_picture, axis=1, keepdims=True) - of_picture) / (NUM_SAMPLES - 1)
        better = tf.reshape(of_picture - others, [-1])
        before = tf.pad(drawn[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        mask = drawn != PAD
        of_pieces = tf.broadcast_to(better[:, None], tf.shape(drawn))
        written, labels, worth = (pack_rows(values, mask, in_row) for values in (before, drawn, of_pieces))
        rows = tf.repeat(memory, NUM_SAMPLES // in_row, axis=0)
        told = network.decoder({"memory": rows, "caption": written}, training=False)  # as it was drawn
        each = token_cross_entropy(told["logits"], labels, labels != PAD)
        words = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        return {
            "loss": tf.reduce_sum(worth * each),
            "reward": tf.reduce_sum(found * words),
            "tokens": tf.reduce_sum(words),
        }

    return sums


def pack_rows(values: tf.Tensor, mask: tf.Tensor, in_row: int) -> tf.Tensor:
    """What counts of some rows one behind the other.

    Args:
        values: `(rows, T)`.
        mask: `(rows, T)`, what counts.
        in_row: so many rows become one.

    Returns:
        `(rows / in_row, longest)`, zeros behind each.
    """
    kept = tf.ragged.boolean_mask(values, mask)
    return tf.RaggedTensor.from_row_splits(kept.values, kept.row_splits[::in_row]).to_tensor()
