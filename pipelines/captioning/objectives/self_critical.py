"""Self-critical sequence training: sampled captions, rewarded at their words (Rennie et al. 2017)."""

from collections.abc import Callable
from functools import partial

import keras
import numpy as np
import tensorflow as tf

from ...decoding.generate import generate, sample
from ...text.codec import PAD, START, TextCodec
from ...training.losses import token_cross_entropy
from ...training.trainer import Batch, Losses
from ..model import CaptioningNetwork, build_decoder
from .caption_reward import Indices, Reward, token_rewards

NUM_SAMPLES = 5  # captions sampled per image
TEMPERATURE = 0.5  # of the trained policy: its samples are nearer to the greedy caption, which is exported


def build_self_critical_losses(
    network: CaptioningNetwork,
    codec: TextCodec,
    reward: Reward,
    max_sequence_length: int,
    is_transformer: bool,
    kl_weight: float,
    jit_compile: bool = False,
) -> Callable[[Batch], Losses]:
    """Build the loss function of self-critical training.

    `NUM_SAMPLES` captions of each image are sampled from the policy, the decoder at `TEMPERATURE`. The
    log-probability of each token is weighted by its advantage: the rewards from this token to the end,
    minus the mean of that return over the other samples of the image. The divergence from the policy
    before this training keeps the variety of the captions. Dropout is off, as in sampling. The encoder is
    not trained.

    Args:
        network: a trained model.
        codec: its codec.
        reward: reward of captions.
        max_sequence_length: largest number of tokens of a sampled caption.
        is_transformer: whether the decoder takes several captions in a row.
        kl_weight: weight of the Kullback-Leibler divergence from the policy of the given model, in nats per
            token.
        jit_compile: whether XLA compiles the sampling.

    Returns:
        A function of a batch: `features` of each image; `image_index`, its index; `caption_0`, one of its
        captions, empty where the batch is padded.

    Reference:
        Rennie et al. 2017, Self-critical Sequence Training for Image Captioning; Luo 2020, A Better Variant
        of Self-Critical Sequence Training (the mean of the other samples as baseline); Jaques et al. 2017,
        Sequence Tutor (the divergence from the model before).
    """
    sample_captions = _build_sampling(network, max_sequence_length, jit_compile)
    reference_logits = _copy_decoder(network)
    captions_per_row = NUM_SAMPLES if is_transformer else 1
    rows_per_image = NUM_SAMPLES // captions_per_row

    def compute_rewards(
        texts: np.ndarray, image_indices: Indices, offsets: np.ndarray, num_tokens: np.ndarray
    ) -> np.ndarray:
        rewards = reward([text.decode() for text in texts], image_indices)
        return token_rewards(rewards, offsets, num_tokens)

    def compute_losses(batch: Batch) -> Losses:
        grid = batch["features"]
        if network.trains_encoder:
            grid = tf.stop_gradient(network.encoder(grid))
        memory = network.projection(grid)
        image_indices = tf.repeat(batch["image_index"], NUM_SAMPLES)
        seed = tf.reduce_sum(tf.range(1, tf.size(image_indices) + 1) * image_indices)
        is_real = tf.repeat(tf.reduce_any(batch["caption_0"] != PAD, axis=-1), NUM_SAMPLES)
        memory_rows = tf.repeat(tf.stop_gradient(memory), NUM_SAMPLES, axis=0)
        samples = sample_captions(memory_rows, is_real, seed)
        mask = samples != PAD
        num_tokens = tf.reduce_sum(tf.cast(mask, tf.int32), axis=1)
        rewards = tf.numpy_function(
            compute_rewards,
            [codec.decode(samples), image_indices, codec.decoded_offsets(samples), num_tokens],
            tf.float32,
            stateful=False,
        )
        rewards = tf.where(is_real[:, None], tf.ensure_shape(rewards, [None, None]), 0.0)
        advantages = token_advantages(rewards, num_tokens, NUM_SAMPLES)
        inputs = tf.pad(samples[:, :-1], [[0, 0], [1, 0]], constant_values=START)
        inputs, labels, advantages = (
            pack_rows(values, mask, captions_per_row) for values in (inputs, samples, advantages)
        )
        mask = labels != PAD
        decoder_inputs = {"memory": tf.repeat(memory, rows_per_image, axis=0), "caption": inputs}
        logits = network.decoder(decoder_inputs, training=False)["logits"] / TEMPERATURE
        losses = advantages * token_cross_entropy(logits, labels, mask)
        if kl_weight:
            reference = reference_logits(tf.repeat(grid, rows_per_image, axis=0), inputs) / TEMPERATURE
            losses += kl_weight * kl_divergence(logits, reference, mask)
        lengths = tf.cast(num_tokens, tf.float32)
        return {
            "loss": tf.reduce_sum(losses),
            "reward": tf.reduce_sum(tf.reduce_sum(rewards, axis=1) * lengths),
            "tokens": tf.reduce_sum(lengths),
        }

    return compute_losses


def _build_sampling(
    network: CaptioningNetwork, max_sequence_length: int, jit_compile: bool
) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """Build a function that samples a caption for each memory, none for a row of padding."""
    decoder = build_decoder(network)

    @partial(tf.function, jit_compile=jit_compile)
    def sample_captions(memory: tf.Tensor, is_real: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        max_lengths = tf.where(is_real, max_sequence_length, 0)
        sampler = sample(TEMPERATURE, seed=seed)
        decoded = generate(decoder.initialize(memory), max_sequence_length, max_lengths, sampler)
        return decoded.tokens[:, 0]

    return sample_captions


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


def token_advantages(rewards: tf.Tensor, num_tokens: tf.Tensor, num_samples: int) -> tf.Tensor:
    """Compute the advantage of each token: its return minus the mean return of the other samples.

    Args:
        rewards: `(images * num_samples, T)`, of each token.
        num_tokens: `(images * num_samples,)`.
        num_samples: samples of each image.

    Returns:
        Like `rewards`. The return of a token is the sum of the rewards from it to the end. A sample that has
        ended counts with the return of its last token.
    """
    returns = tf.cumsum(rewards, axis=1, reverse=True)
    positions = tf.minimum(tf.range(tf.shape(rewards)[1])[None], tf.maximum(num_tokens - 1, 0)[:, None])
    returns = tf.gather(returns, positions, batch_dims=1)
    by_image = tf.reshape(returns, [-1, num_samples, tf.shape(rewards)[1]])
    baseline = (tf.reduce_sum(by_image, axis=1, keepdims=True) - by_image) / (num_samples - 1)
    return tf.reshape(by_image - baseline, tf.shape(rewards))


def kl_divergence(logits: tf.Tensor, reference_logits: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Compute the Kullback-Leibler divergence of a policy from a reference at each token, in nats.

    Args:
        logits, reference_logits: `(batch, T, vocabulary_size)`.
        mask: `(batch, T)`, True for the tokens that count.

    Returns:
        `(batch, T)` float32, 0 for the other tokens.
    """
    log_probs = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    reference = tf.nn.log_softmax(tf.cast(reference_logits, tf.float32))
    return tf.where(mask, tf.reduce_sum(tf.exp(log_probs) * (log_probs - reference), axis=-1), 0.0)


def _copy_decoder(network: CaptioningNetwork) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """Copy projection and decoder: a function of grids and captions that returns constant logits."""
    copies = []
    for model in (network.projection, network.decoder):
        copy = keras.models.clone_model(model)
        copy.set_weights(model.get_weights())
        copies.append(copy)
    projection, decoder = copies

    def logits(grid: tf.Tensor, caption: tf.Tensor) -> tf.Tensor:
        inputs = {"memory": projection(grid, training=False), "caption": caption}
        return tf.stop_gradient(decoder(inputs, training=False)["logits"])

    return logits
