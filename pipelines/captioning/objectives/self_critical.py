"""Self-critical sequence training: sampled captions, rewarded by CIDEr-D and truth (Rennie et al. 2017)."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ...decoding.search import generate, sample
from ...text.codec import PAD, START, TextCodec
from ...training.losses import token_cross_entropy
from ...training.trainer import Batch, Losses
from ..caption_flip import flip_caption
from ..caption_truth import CaptionJudge, has_scene_objects
from ..horizontal_flip import flip_boxes
from ..metrics import Cider
from ..model import CaptioningNetwork, build_decoder

NUM_SAMPLES = 5  # captions sampled per image
FALSE_CAPTION_REWARD = -3.0  # a true caption gets its CIDEr-D, 1.2 in the mean on `scenes`
END_WORD = "eos"  # a word for CIDEr-D, so that a caption that ends too early does not score better

Indices = Sequence[int] | np.ndarray
Reward = Callable[[Sequence[str], Indices], np.ndarray]


def caption_reward(train: CaptionedImages) -> Reward:
    """Build the reward of captions: CIDEr-D, or `FALSE_CAPTION_REWARD` for a false caption of `scenes`.

    A caption that says more gets a higher reward, as long as it is true. Rewarding truth alone favours vague
    captions: `near the top is a shape`.

    Args:
        train: images with their references and, for `scenes`, their objects.

    Returns:
        A function of captions and the indices of their images in `train` -> `(captions,)` float32. Indices
        beyond the last image are those of the flipped images.
    """
    captions = [[text.lower() for text in texts] for texts in train.references]
    captions += [[flip for text in texts if (flip := flip_caption(text)) is not None] for texts in captions]
    references = [[f"{text} {END_WORD}" for text in texts] for texts in captions]
    cider = Cider(references)
    objects = train.objects or []
    judge = CaptionJudge([*objects, *flip_boxes(objects)]) if has_scene_objects(objects) else None

    def reward(captions: Sequence[str], image_indices: Indices) -> np.ndarray:
        pairs = list(zip(captions, image_indices, strict=True))
        true_pairs = [pair for pair in dict.fromkeys(pairs) if judge is None or judge(*pair)]
        texts = [f"{caption} {END_WORD}" for caption, _ in true_pairs]
        scores = cider(texts, [references[index] for _, index in true_pairs])
        rewards = dict(zip(true_pairs, scores, strict=True))
        return np.array([rewards.get(pair, FALSE_CAPTION_REWARD) for pair in pairs], np.float32)

    return reward


def build_self_critical_losses(
    network: CaptioningNetwork,
    codec: TextCodec,
    reward: Reward,
    max_sequence_length: int,
    is_transformer: bool,
    jit_compile: bool = False,
) -> Callable[[Batch], Losses]:
    """Build the loss function of self-critical training.

    `NUM_SAMPLES` captions of each image are sampled. The log-probability of each is weighted by its
    advantage: its reward minus the mean reward of the other samples of its image. Dropout is off, as in
    sampling. The encoder is not trained.

    Args:
        network: a trained model.
        codec: its codec.
        reward: reward of captions.
        max_sequence_length: largest number of tokens of a sampled caption.
        is_transformer: whether the decoder takes several captions in a row.
        jit_compile: whether XLA compiles the sampling.

    Returns:
        A function of a batch: `features` of each image; `image_index`, its index; `caption_0`, one of its
        captions, empty where the batch is padded.

    Reference:
        Rennie et al. 2017, Self-critical Sequence Training for Image Captioning; Luo 2020, A Better Variant
        of Self-Critical Sequence Training (the mean of the other samples as baseline).
    """
    decoder = build_decoder(network)
    cache_length = max_sequence_length if jit_compile else None  # XLA needs a cache of fixed length
    captions_per_row = NUM_SAMPLES if is_transformer else 1

    @partial(tf.function, jit_compile=jit_compile)
    def sample_captions(memory: tf.Tensor, is_real: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        max_lengths = tf.where(is_real, max_sequence_length, 0)
        initial = decoder.initialize(memory, 1, cache_length)
        sampler = sample(seed=seed)
        decoded = generate(*initial, tf.size(max_lengths), max_sequence_length, max_lengths, sampler)
        return decoded.tokens[:, 0]

    def compute_rewards(texts: np.ndarray, image_indices: np.ndarray) -> np.ndarray:
        return reward([text.decode() for text in texts], image_indices)

    def compute_losses(batch: Batch) -> Losses:
        grid = batch["features"]
        if network.trains_encoder:
            grid = tf.stop_gradient(network.encoder(grid))
        memory = network.projection(grid)
        image_indices = tf.repeat(batch["image_index"], NUM_SAMPLES)
        is_real = tf.repeat(tf.reduce_any(batch["caption_0"] != PAD, axis=-1), NUM_SAMPLES)
        seed = tf.reduce_sum(tf.range(1, tf.size(image_indices) + 1) * image_indices)
        memory_rows = tf.repeat(tf.stop_gradient(memory), NUM_SAMPLES, axis=0)
        samples = sample_captions(memory_rows, is_real, seed)
        rewards = tf.numpy_function(
            compute_rewards, [codec.decode(samples), image_indices], tf.float32, stateful=False
        )
        rewards = tf.where(is_real, tf.ensure_shape(rewards, [None]), 0.0)
        advantages = tf.broadcast_to(_advantages(rewards)[:, None], tf.shape(samples))
        inputs = tf.pad(samples[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        mask = samples != PAD
        inputs, labels, advantages = (
            pack_rows(values, mask, captions_per_row) for values in (inputs, samples, advantages)
        )
        memory_rows = tf.repeat(memory, NUM_SAMPLES // captions_per_row, axis=0)
        outputs = network.decoder({"memory": memory_rows, "caption": inputs}, training=False)
        token_losses = token_cross_entropy(outputs["logits"], labels, labels != PAD)
        num_tokens = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
        return {
            "loss": tf.reduce_sum(advantages * token_losses),
            "reward": tf.reduce_sum(rewards * num_tokens),
            "tokens": tf.reduce_sum(num_tokens),
        }

    return compute_losses


def pack_rows(values: tf.Tensor, mask: tf.Tensor, rows_per_pack: int) -> tf.Tensor:
    """Concatenate the unmasked values of consecutive rows.

    Args:
        values: `(rows, T)`.
        mask: `(rows, T)`, True for the values to keep.
        rows_per_pack: number of rows that become one.

    Returns:
        `(rows / rows_per_pack, length)`, padded with zeros.
    """
    kept = tf.ragged.boolean_mask(values, mask)
    return tf.RaggedTensor.from_row_splits(kept.values, kept.row_splits[::rows_per_pack]).to_tensor()


def _advantages(rewards: tf.Tensor) -> tf.Tensor:
    """Subtract from each reward the mean of the other samples of its image, `(images * NUM_SAMPLES,)`."""
    by_image = tf.reshape(rewards, [-1, NUM_SAMPLES])
    baseline = (tf.reduce_sum(by_image, axis=1, keepdims=True) - by_image) / (NUM_SAMPLES - 1)
    return tf.reshape(by_image - baseline, [-1])
