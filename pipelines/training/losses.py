"""What training minimizes, as sums over tokens: they add up over batches, devices and machines."""

import tensorflow as tf

from ...focus import attention_losses


def token_cross_entropy(
    logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """The cross-entropies to labels that share `smoothing` among all classes (Szegedy et al. 2016).

    No one-hot labels are made: with q = (1 - s) onehot(y) + s / V it is
    -sum q log p = logsumexp(z) - (1 - s) z_y - s mean(z).

    Args:
        logits: `(batch, time, vocabulary)`, any float type; reduced in float32.
        labels: `(batch, time)` int.
        mask: `(batch, time)` bool, the tokens that count.
        smoothing: share of the probability that is spread.

    Returns:
        `(batch, time)` float32, 0 for what does not count.
    """
    logits = tf.cast(logits, tf.float32)
    target = _of_labels(logits, labels)
    spread = smoothing * tf.reduce_mean(logits, axis=-1) if smoothing else 0.0
    losses = tf.reduce_logsumexp(logits, axis=-1) - (1 - smoothing) * target - spread
    return tf.where(mask, losses, 0.0)


def total_cross_entropy(
    logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, smoothing: float = 0.0
) -> tf.Tensor:
    """The sum of `token_cross_entropy`, a float32 scalar."""
    return tf.reduce_sum(token_cross_entropy(logits, labels, mask, smoothing))


def attention_loss(attention: tf.Tensor, gold: tf.Tensor) -> tf.Tensor:
    """How far attention is from gold: the cross-entropy of each query that has gold, summed; a scalar.

    Args:
        attention: `(batch, queries, keys)`.
        gold: `(batch, Q, K)`, what each query is to look at; only proportions count. Cut, or filled with
            zeros, to the queries and keys of the attention.

    Reference: see `attention_losses`.
    """
    _, queries, keys = tf.unstack(tf.shape(attention))
    _, rows, columns = tf.unstack(tf.shape(gold))
    room = [[0, 0], [0, tf.maximum(queries - rows, 0)], [0, tf.maximum(keys - columns, 0)]]
    fitted = tf.pad(tf.cast(gold, tf.float32), room)[:, :queries, :keys]
    losses, _ = attention_losses(attention[:, None], fitted[:, None])
    return tf.reduce_sum(losses)


def correct_tokens(logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Number of tokens no class of which is more probable than the label, a float32 scalar.

    Not by `argmax`, which compilers do one number at a time.
    """
    logits = tf.cast(logits, tf.float32)
    right = _of_labels(logits, labels) >= tf.reduce_max(logits, axis=-1)
    return tf.reduce_sum(tf.cast(right & mask, tf.float32))


def _of_labels(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Not by `gather`, the gradient of which is scattered into zeros of the size of the logits."""
    hit = tf.range(logits.shape[-1], dtype=labels.dtype) == labels[..., tf.newaxis]
    return tf.reduce_sum(tf.where(hit, logits, 0.0), axis=-1)
