"""Of several sequences for one example, the one that is most like the others."""

import tensorflow as tf

from ..text.codec import PAD
from .search import Decoded

ORDERS = 4  # n-grams of 1 to 4 tokens


def minimum_bayes_risk(found: Decoded) -> Decoded:
    """Keep of each example the sequence that agrees most with all that were found.

    The likeliest sequence may be an odd one out, while many likely ones say nearly the same. Sequences are
    alike by the cosine between their counts of n-grams, averaged over n from 1 to `ORDERS`; repeating what
    another says once is no more like it (as in CIDEr-D, without its rarity of words).

    Args:
        found: what a search returned, `best` sequences of each example.

    Returns:
        One sequence of each example, with its score and its focus; the first of equals.

    Reference:
        Kumar and Byrne 2004, Minimum Bayes-Risk Decoding; Devlin et al. 2015, Exploring Nearest Neighbor
        Approaches for Image Captioning, section 3.2 (consensus captions).

    Example:
        >>> tokens = tf.constant([[[7, 2, 0], [8, 9, 2], [8, 5, 2]]])
        >>> minimum_bayes_risk(Decoded(tokens, tf.zeros([1, 3]), {})).tokens.numpy().tolist()
        [[[8, 9, 2]]]
    """
    tokens = found.tokens
    same = tf.equal(tokens[:, :, None, :, None], tokens[:, None, :, None, :])
    same &= (tokens != PAD)[:, :, None, :, None]  # (batch, one, other, time, time)
    alike, run = 0.0, same
    for _ in range(ORDERS):
        alike += _likeness(run)
        run = run[..., :-1, :-1] & same[..., 1:, 1:]
        same = same[..., 1:, 1:]
    winner = tf.argmax(tf.reduce_sum(alike, axis=2), axis=1)[:, None]
    return tf.nest.map_structure(lambda x: tf.gather(x, winner, batch_dims=1), found)


def _likeness(same: tf.Tensor) -> tf.Tensor:
    """The cosine of one sequence to another by their n-grams, of which it counts no more than the other has.

    Args:
        same: `(batch, one, other, time, time)`, whether the n-gram at a place of one is that at a place of
            the other.

    Returns:
        `(batch, one, other)`; 0 where a sequence has no n-gram.
    """
    counts = tf.reduce_sum(tf.cast(same, tf.float32), axis=3)  # in one, of each n-gram of the other
    own = tf.linalg.diag_part(tf.transpose(counts, [0, 3, 1, 2]))  # (batch, time, other)
    shared = tf.reduce_sum(tf.minimum(counts, tf.transpose(own, [0, 2, 1])[:, None]), axis=3)
    norms = tf.sqrt(tf.reduce_sum(own, axis=1))
    return tf.math.divide_no_nan(shared, norms[:, :, None] * norms[:, None, :])
