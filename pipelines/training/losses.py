"""Cross-entropy with label smoothing and attention supervision, as sums over tokens.

Sums, unlike means, can be added over batches, devices and machines.
"""

import tensorflow as tf

from ...focus import attention_losses, gate_losses

# Gold of the gate of a token; 0 pads batches and captions.
NO_GOLD, FROM_INPUT, FROM_SENTINEL = 0, 1, 2


def token_cross_entropy(
    logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """Compute the cross-entropy of each token with label smoothing (Szegedy et al. 2016).

    No one-hot labels are created. With q = (1 - s) onehot(y) + s / V,
    -sum q log p = logsumexp(z) - (1 - s) z_y - s mean(z).

    Args:
        logits: `(batch, time, vocabulary_size)`, any float type; reduced in float32.
        labels: `(batch, time)` int.
        mask: `(batch, time)` bool, True for the tokens that count.
        label_smoothing: probability mass that is spread over all classes.

    Returns:
        `(batch, time)` float32, 0 for masked tokens.

    Example:
        >>> logits, labels = tf.zeros([1, 2, 4]), tf.constant([[3, 0]])
        >>> token_cross_entropy(logits, labels, labels != 0).numpy()  # log 4
        array([[1.3862944, 0.       ]], dtype=float32)

    Reference:
        Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision, section 7.
    """
    logits = tf.cast(logits, tf.float32)
    label_logits = _logits_of_labels(logits, labels)
    spread = label_smoothing * tf.reduce_mean(logits, axis=-1) if label_smoothing else 0.0
    losses = tf.reduce_logsumexp(logits, axis=-1) - (1 - label_smoothing) * label_logits - spread
    return tf.where(mask, losses, 0.0)


def total_cross_entropy(
    logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor, label_smoothing: float = 0.0
) -> tf.Tensor:
    """Sum `token_cross_entropy` over all tokens: a float32 scalar."""
    return tf.reduce_sum(token_cross_entropy(logits, labels, mask, label_smoothing))


def attention_loss(attention: tf.Tensor, gold: tf.Tensor) -> tf.Tensor:
    """Sum the cross-entropies between gold and predicted attention over the queries that have gold.

    Args:
        attention: `(batch, queries, keys)`.
        gold: `(batch, gold_queries, gold_keys)`, the gold attention of each query up to a factor; zeros for a
            query without gold. Cropped or padded with zeros to the queries and keys of `attention`.

    Returns:
        A float32 scalar.

    Reference: see `foveal.focus.attention_losses`.
    """
    _, num_queries, num_keys = tf.unstack(tf.shape(attention))
    _, gold_queries, gold_keys = tf.unstack(tf.shape(gold))
    padding = [
        [0, 0],
        [0, tf.maximum(num_queries - gold_queries, 0)],
        [0, tf.maximum(num_keys - gold_keys, 0)],
    ]
    fitted = tf.pad(tf.cast(gold, tf.float32), padding)[:, :num_queries, :num_keys]
    losses, _ = attention_losses(attention[:, None], fitted[:, None])
    return tf.reduce_sum(losses)


def gate_loss(gate: tf.Tensor, gold: tf.Tensor) -> tf.Tensor:
    """Sum the binary cross-entropies between gates and their gold over the tokens that have gold.

    Args:
        gate: `(batch, num_layers, queries)`, the weight of the sentinel; each layer is supervised.
        gold: `(batch, gold_queries)` int: `FROM_SENTINEL` for a word that the input does not determine,
            `FROM_INPUT` for a word that it determines, `NO_GOLD` for neither. Cropped or padded to the
            queries of `gate`.

    Returns:
        A float32 scalar, the mean over the layers.

    Reference: see `foveal.focus.gate_losses`.
    """
    num_queries = tf.shape(gate)[-1]
    missing = tf.maximum(num_queries - tf.shape(gold)[1], 0)
    gold = tf.pad(gold, [[0, 0], [0, missing]], constant_values=NO_GOLD)[:, tf.newaxis, :num_queries]
    losses = gate_losses(gate, gold == FROM_SENTINEL)
    return tf.reduce_sum(tf.where(gold != NO_GOLD, losses, 0.0)) / gate.shape[1]


def correct_tokens(logits: tf.Tensor, labels: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """Count the tokens whose label has the highest logit: a float32 scalar.

    `argmax` is not used: XLA computes it one number at a time.

    Args:
        logits: `(batch, time, vocabulary_size)`.
        labels: `(batch, time)` int.
        mask: `(batch, time)` bool, True for the tokens that count.
    """
    logits = tf.cast(logits, tf.float32)
    is_correct = _logits_of_labels(logits, labels) >= tf.reduce_max(logits, axis=-1)
    return tf.reduce_sum(tf.cast(is_correct & mask, tf.float32))


def _logits_of_labels(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Select the logit of each label, by a mask: `gather` has a gradient that scatters into dense zeros."""
    is_label = tf.range(logits.shape[-1], dtype=labels.dtype) == labels[..., tf.newaxis]
    return tf.reduce_sum(tf.where(is_label, logits, 0.0), axis=-1)
