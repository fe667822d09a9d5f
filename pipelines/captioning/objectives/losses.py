"""What the captioner's training minimizes, as sums over a batch."""

from collections.abc import Callable

import keras
import tensorflow as tf

from ....layers import policy_gradient
from ...text.codec import PAD, START
from ...training.losses import correct_tokens, token_cross_entropy
from ...training.trainer import Batch, Losses
from ..config import CaptioningConfig
from ..model import Network, trains_encoder
from .object_loss import object_loss
from .phrase_loss import phrase_attention_loss


def losses(
    network: Network, config: CaptioningConfig, namer: keras.Model | None = None
) -> Callable[[Batch], Losses]:
    """The loss of a batch: `seen`, what is seen of each picture; `caption_0` to the last, ids; with a
    `namer` also `labels` and `boxes`, the objects of each cell; with gold phrases `looks` and `covered`.

    Cross-entropy of the captions; of a hard attention, what REINFORCE adds; and what the configuration
    adds for looking unevenly, for looking at the gold objects and for naming them.
    """
    lay = {"transformer": concatenate_captions, "lstm": stack}[config.model.architecture]

    def sums(batch: Batch) -> Losses:
        parts = [batch[f"caption_{place}"] for place in range(config.data.captions_per_image)]
        captions = lay(parts)
        written, labels = captions[:, :-1], captions[:, 1:]
        mask = (labels != PAD) & (labels != START)
        grid = batch["seen"]
        if trains_encoder(config.model):
            grid = network.encoder(grid, training=False)  # what it learned to normalize by stays
        rows = 1 if lay is concatenate_captions else len(parts)  # of each picture
        memory = tf.repeat(network.projection(grid, training=True), rows, axis=0)
        told = network.decoder({"memory": memory, "caption": written}, training=True)
        each = token_cross_entropy(told["logits"], labels, mask, config.training.label_smoothing)
        loss = tf.reduce_sum(each)
        if "log_prob" in told:
            loss += _reinforce(each, mask, told)
        if config.model.doubly_stochastic_weight:
            ends = tf.unstack(tf.cumsum([tf.shape(ids)[1] for ids in (parts if rows == 1 else [captions])]))
            for start, end in zip([0, *ends], ends, strict=False):
                looked = doubly_stochastic_penalty(told["attention"][:, :, start:end], mask[:, start:end])
                loss += config.model.doubly_stochastic_weight * looked
        if "looks" in batch:
            looks = [batch["looks"][:, place, : tf.shape(ids)[1]] for place, ids in enumerate(parts)]
            covered = tf.repeat(batch["covered"], rows, axis=0)
            loss += config.model.attention_loss_weight * phrase_attention_loss(
                told["attention"], lay(looks)[:, 1:], covered
            )
        if namer is not None:
            loss += config.model.objects * object_loss(namer(grid), batch["labels"], batch["boxes"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(told["logits"], labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums


def concatenate_captions(captions: list[tf.Tensor]) -> tf.Tensor:
    """Captions of the same pictures, each `(rows, T_i)`, one behind the other: `(rows, T_0 + T_1 + ...)`."""
    return tf.concat(captions, axis=1)


def stack(captions: list[tf.Tensor]) -> tf.Tensor:
    """Captions of the same pictures, each `(rows, T_i)`, as `(rows * captions, T)`, picture by picture."""
    lengths = [tf.shape(ids)[1] for ids in captions]
    longest = tf.reduce_max(lengths)
    padded = [tf.pad(ids, [[0, 0], [0, longest - n]]) for ids, n in zip(captions, lengths, strict=True)]
    return tf.reshape(tf.stack(padded, axis=1), [-1, longest])


def doubly_stochastic_penalty(attention: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """How far the cells are from being looked at once each, summed over cells and captions.

    Args:
        attention: `(batch, blocks, T, cells)`.
        mask: `(batch, T)`, the words that count.

    Reference:
        Xu et al. 2015, Show, Attend and Tell, section 4.2.1, doubly stochastic attention.
    """
    looked = tf.reduce_sum(tf.where(mask[:, None, :, None], attention, 0.0), axis=2)
    captions = tf.reduce_any(mask, axis=1)[:, None, None]
    return tf.reduce_sum(tf.where(captions, tf.square(1 - looked), 0.0))


def _reinforce(each: tf.Tensor, mask: tf.Tensor, told: dict[str, tf.Tensor]) -> tf.Tensor:
    """What makes drawn cells learn (Xu et al. 2015, eq. 11 and 12). The baseline of a caption is how well
    the others in its batch went: no state, and it knows nothing of the caption's own cells."""
    caption_losses, words = tf.reduce_sum(each, 1), tf.reduce_sum(tf.cast(mask, tf.float32), 1)
    others = tf.math.divide_no_nan(
        tf.reduce_sum(caption_losses) - caption_losses, tf.reduce_sum(words) - words
    )
    decisions = {name: tf.where(mask, told[name], 0.0) for name in ("log_prob", "entropy")}
    return tf.reduce_sum(policy_gradient(caption_losses, decisions, others * words))
