"""Training losses of the captioner, as sums over a batch."""

from collections.abc import Callable

import tensorflow as tf

from ....layers import policy_gradient
from ...text.codec import PAD, START
from ...training.losses import correct_tokens, gate_loss, token_cross_entropy
from ...training.trainer import Batch, Losses
from ..config import ModelConfig
from ..model import CaptioningNetwork
from .phrase_loss import phrase_attention_loss


def build_losses(
    network: CaptioningNetwork,
    config: ModelConfig,
    captions_per_image: int,
    label_smoothing: float,
) -> Callable[[Batch], Losses]:
    """Build the loss function of a batch.

    The loss is the cross-entropy of the captions, plus the policy gradient of hard attention, plus the
    weighted auxiliary losses of the configuration.

    Args:
        network: the model to train.
        config: its configuration; architecture and weights of the auxiliary losses are used.
        captions_per_image: number of captions of each example.
        label_smoothing: see `token_cross_entropy`.

    Returns:
        A function of a batch: `features` of each image; `caption_0`, `caption_1`, ..., ids; with gold phrases
        also `gold_objects` and `object_coverage`; with gold of the gate `gate_gold`.
    """
    is_transformer = config.architecture == "transformer"
    arrange = concatenate_captions if is_transformer else stack_captions
    rows_per_image = 1 if is_transformer else captions_per_image

    def compute_losses(batch: Batch) -> Losses:
        parts = [batch[f"caption_{index}"] for index in range(captions_per_image)]
        captions = arrange(parts)
        inputs, labels = captions[:, :-1], captions[:, 1:]
        mask = (labels != PAD) & (labels != START)
        grid = batch["features"]
        if network.trains_encoder:
            grid = network.encoder(grid, training=False)  # keeps the statistics of batch normalization
        memory = tf.repeat(network.projection(grid, training=True), rows_per_image, axis=0)
        outputs = network.decoder({"memory": memory, "caption": inputs}, training=True)
        token_losses = token_cross_entropy(outputs["logits"], labels, mask, label_smoothing)
        loss = tf.reduce_sum(token_losses)
        if "log_prob" in outputs:
            loss += _policy_gradient_loss(token_losses, mask, outputs)
        if config.doubly_stochastic_weight:
            lengths = [tf.shape(ids)[1] for ids in (parts if is_transformer else [captions])]
            ends = tf.unstack(tf.cumsum(lengths))
            for start, end in zip([0, *ends], ends, strict=False):
                penalty = doubly_stochastic_penalty(outputs["attention"][:, :, start:end], mask[:, start:end])
                loss += config.doubly_stochastic_weight * penalty
        if "gold_objects" in batch:
            gold = [batch["gold_objects"][:, index, : tf.shape(ids)[1]] for index, ids in enumerate(parts)]
            coverage = tf.repeat(batch["object_coverage"], rows_per_image, axis=0)
            loss += (config.attention_loss_weight or 0.0) * phrase_attention_loss(
                outputs["attention"], arrange(gold)[:, 1:], coverage
            )
        if "gate_gold" in batch:
            gold = [batch["gate_gold"][:, index, : tf.shape(ids)[1]] for index, ids in enumerate(parts)]
            exported_gate = outputs["gate"][:, -1:]  # of the last block; the gates of the others are free
            loss += (config.gate_loss_weight or 0.0) * gate_loss(exported_gate, arrange(gold)[:, 1:])
        return {
            "loss": loss,
            "accuracy": correct_tokens(outputs["logits"], labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return compute_losses


def concatenate_captions(captions: list[tf.Tensor]) -> tf.Tensor:
    """Concatenate captions of the same images, each `(rows, T_i)`, to `(rows, T_0 + T_1 + ...)`."""
    return tf.concat(captions, axis=1)


def stack_captions(captions: list[tf.Tensor]) -> tf.Tensor:
    """Stack captions of the same images, each `(rows, T_i)`, to `(rows * captions, T)`, image by image."""
    lengths = [tf.shape(ids)[1] for ids in captions]
    length = tf.reduce_max(lengths)
    padded = [tf.pad(ids, [[0, 0], [0, length - n]]) for ids, n in zip(captions, lengths, strict=True)]
    return tf.reshape(tf.stack(padded, axis=1), [-1, length])


def doubly_stochastic_penalty(attention: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Compute the squared deviation from 1 of each cell's total attention, summed over cells and captions.

    Args:
        attention: `(batch, num_layers, T, cells)`.
        mask: `(batch, T)`, True for the tokens that count.

    Returns:
        A scalar.

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.2.1, doubly stochastic attention.
    """
    coverage = tf.reduce_sum(tf.where(mask[:, None, :, None], attention, 0.0), axis=2)
    has_tokens = tf.reduce_any(mask, axis=1)[:, None, None]
    return tf.reduce_sum(tf.where(has_tokens, tf.square(1 - coverage), 0.0))


def _policy_gradient_loss(
    token_losses: tf.Tensor, mask: tf.Tensor, outputs: dict[str, tf.Tensor]
) -> tf.Tensor:
    """Compute the REINFORCE loss of sampled cells (Xu et al. 2015, eq. 11 and 12).

    The baseline of a caption is the mean token loss of the other captions of its batch: it needs no state and
    does not depend on the cells that the caption sampled.
    """
    caption_losses = tf.reduce_sum(token_losses, 1)
    num_tokens = tf.reduce_sum(tf.cast(mask, tf.float32), 1)
    baseline = tf.math.divide_no_nan(
        tf.reduce_sum(caption_losses) - caption_losses, tf.reduce_sum(num_tokens) - num_tokens
    )
    decisions = {name: tf.where(mask, outputs[name], 0.0) for name in ("log_prob", "entropy")}
    return tf.reduce_sum(policy_gradient(caption_losses, decisions, baseline * num_tokens))
