"""Shortlist of tokens that a search is restricted to (Jean et al. 2015; Mi et al. 2016)."""

from typing import NamedTuple

import tensorflow as tf

from .steps import NEGATIVE_INFINITY


class Shortlist(NamedTuple):
    """Tokens of a batch that a search may choose, and those of each example.

    The search runs on indices into `tokens`. PAD, START and END have the same index as id, as the ids are
    sorted and contain them. Probabilities are normalized over the tokens of the example, so that scores are
    higher than those over the whole vocabulary.

    tokens: `(size,)` int32, ids in ascending order, then PAD up to the size of the bucket.
    mask: `(batch, size)` boolean, True for the tokens that an example may choose: the tokens of its
        neighbours do not change its result.

    Reference:
        Jean et al. 2015, On Using Very Large Target Vocabulary for Neural Machine Translation; Mi et al.
        2016, Vocabulary Manipulation for Neural Machine Translation.
    """

    tokens: tf.Tensor
    mask: tf.Tensor

    def ids(self, indices: tf.Tensor) -> tf.Tensor:
        """Convert indices into the shortlist to token ids."""
        return tf.gather(self.tokens, indices)

    def mask_logits(self, logits: tf.Tensor) -> tf.Tensor:
        """Mask the logits `(batch, num_beams, size)` of tokens that an example may not choose."""
        return tf.where(self.mask[:, tf.newaxis], logits, tf.cast(NEGATIVE_INFINITY, logits.dtype))
