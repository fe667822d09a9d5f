"""Minimum Bayes risk decoding: choose the sequence most similar to the others (Kumar and Byrne 2004)."""

import tensorflow as tf

from ..text.codec import PAD
from .steps import Decoded

MAX_ORDER = 4  # n-grams of 1 to 4 tokens


def minimum_bayes_risk(decoded: Decoded) -> Decoded:
    """Keep, of the sequences of each example, the one with the highest mean similarity to all of them.

    The most probable sequence may be an outlier among many probable sequences that say nearly the same. The
    similarity of two sequences is the cosine between their n-gram counts, averaged over n from 1 to
    `MAX_ORDER`. The count of an n-gram is clipped to its count in the other sequence, so that repetition
    does not raise the similarity (as in CIDEr-D, without the weights of rare words).

    Args:
        decoded: result of a search with several sequences per example.

    Returns:
        One sequence per example with its score and its focus; among equals the first one.

    Example:
        >>> tokens = tf.constant([[[7, 2, 0], [8, 9, 2], [8, 5, 2]]])
        >>> minimum_bayes_risk(Decoded(tokens, tf.zeros([1, 3]), {})).tokens.numpy().tolist()
        [[[8, 9, 2]]]

    Reference:
        Kumar and Byrne 2004, Minimum Bayes-Risk Decoding; Devlin et al. 2015, Exploring Nearest Neighbor
        Approaches for Image Captioning, section 3.2 (consensus captions).
    """
    tokens = decoded.tokens
    is_same_token = tf.equal(tokens[:, :, None, :, None], tokens[:, None, :, None, :])
    is_same_token &= (tokens != PAD)[:, :, None, :, None]  # (batch, sequence, other, time, time)
    similarity, is_same_ngram = 0.0, is_same_token
    for _ in range(MAX_ORDER):
        similarity += _cosine_of_counts(is_same_ngram)
        is_same_ngram = is_same_ngram[..., :-1, :-1] & is_same_token[..., 1:, 1:]
        is_same_token = is_same_token[..., 1:, 1:]
    best = tf.argmax(tf.reduce_sum(similarity, axis=2), axis=1)[:, None]
    return tf.nest.map_structure(lambda x: tf.gather(x, best, batch_dims=1), decoded)


def _cosine_of_counts(is_same_ngram: tf.Tensor) -> tf.Tensor:
    """Cosine between the n-gram counts of two sequences, each count clipped to that of the other sequence.

    Args:
        is_same_ngram: `(batch, sequence, other, time, time)`, whether the n-gram at a position of a sequence
            equals the n-gram at a position of the other one.

    Returns:
        `(batch, sequence, other)`; 0 where a sequence has no n-gram.
    """
    counts = tf.reduce_sum(tf.cast(is_same_ngram, tf.float32), axis=3)  # of each n-gram of the other one
    own_counts = tf.linalg.diag_part(tf.transpose(counts, [0, 3, 1, 2]))  # (batch, time, other)
    shared = tf.reduce_sum(tf.minimum(counts, tf.transpose(own_counts, [0, 2, 1])[:, None]), axis=3)
    norms = tf.sqrt(tf.reduce_sum(own_counts, axis=1))
    return tf.math.divide_no_nan(shared, norms[:, :, None] * norms[:, None, :])
