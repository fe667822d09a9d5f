"""Lexical shortlist: the target tokens that a source can need (Jean et al. 2015; Mi et al. 2016)."""

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ..decoding.shape_buckets import next_power_of_two, pad_axis
from ..decoding.shortlist import Shortlist
from ..text.codec import BYTE_TOKENS, PAD, SPECIAL_TOKENS
from ..training.batching import Sequences
from .ibm_model_1 import lexical_probabilities

NUM_RESERVED = len(SPECIAL_TOKENS) + len(BYTE_TOKENS)  # candidates of every source: they spell any word
NUM_FREQUENT = 64  # most frequent target tokens, candidates of every source
MIN_SIZE = 512  # smallest bucket
MAX_PAIRS = 100_000  # that the candidates are learned from, evenly spread over the data


class LexicalShortlist(tf.Module):
    """Table of candidate target tokens for each source token.

    Args:
        candidates: `(vocabulary_size, num_candidates)` int32, for each source token the target tokens that it
            can need; PAD where they are fewer. PAD itself, the padding of a source, has none.
        frequent: ids of tokens that are candidates of every source, as are special and byte tokens.

    Example:
        >>> candidates = np.zeros([300, 1], np.int32)
        >>> candidates[270] = 280
        >>> shortlist = LexicalShortlist(candidates, [290])(tf.constant([[270, 2]]))
        >>> shortlist.tokens.shape, shortlist.tokens[258:262].numpy().tolist()
        (TensorShape([300]), [258, 280, 290, 0])
    """

    def __init__(self, candidates: np.ndarray, frequent: npt.ArrayLike):
        super().__init__()
        is_padding = np.arange(len(candidates))[:, np.newaxis] == PAD
        self._candidates = tf.constant(np.where(is_padding, PAD, candidates), tf.int32)
        self.vocabulary_size = len(self._candidates)
        always = np.zeros(self.vocabulary_size, bool)
        always[:NUM_RESERVED] = always[np.asarray(frequent, int)] = True
        self._always = tf.constant(always)

    def __call__(self, source: tf.Tensor) -> Shortlist:
        """Compute the shortlist of a batch of sources, padded to a power of two or the vocabulary size.

        Args:
            source: `(batch, S)` int32 ids.
        """
        batch_size = tf.shape(source)[0]
        tokens = tf.reshape(tf.gather(self._candidates, source), [batch_size, -1])
        rows = tf.broadcast_to(tf.range(batch_size)[:, tf.newaxis], tf.shape(tokens))
        counts = tf.scatter_nd(
            tf.stack([rows, tokens], axis=-1), tf.ones_like(tokens), [batch_size, self.vocabulary_size]
        )
        is_candidate = (counts > 0) | self._always
        union = tf.cast(tf.where(tf.reduce_any(is_candidate, axis=0))[:, 0], tf.int32)
        mask = tf.gather(is_candidate, union, axis=1)
        size = tf.minimum(next_power_of_two(tf.size(union), MIN_SIZE), self.vocabulary_size)
        return Shortlist(pad_axis(union, 0, size), pad_axis(mask, 1, size))

    def coverage(self, pairs: Sequences) -> float:
        """Compute the share of the target tokens of sentence pairs that are candidates of their source.

        Args:
            pairs: `source` and `target` ids, see `encode_pairs`; START and END do not count.
        """
        candidates, always = self._candidates.numpy(), self._always.numpy()
        covered = total = 0
        for source, target in zip(pairs["source"], pairs["target"], strict=True):
            tokens = target[1:-1]
            covered += np.sum(always[tokens] | np.isin(tokens, candidates[source]))
            total += len(tokens)
        return float(covered / total)


def learn_shortlist(pairs: Sequences, vocabulary_size: int, shortlist_size: int) -> LexicalShortlist:
    """Learn the candidates of each source token by IBM model 1.

    A source token has its most probable translations as candidates, other than those of every source, and
    itself: names and numbers are copied. END is the null word: every source has its candidates, which need no
    source token.

    Args:
        pairs: `source` and `target` ids of the training pairs, see `encode_pairs`.
        vocabulary_size: number of tokens.
        shortlist_size: number of translations of a source token.

    Raises:
        ValueError: if `shortlist_size` is not positive.
    """
    if shortlist_size < 1:
        raise ValueError(
            "`shortlist_size` must be positive, or 0 to search the whole vocabulary. "
            f"Received: shortlist_size={shortlist_size}"
        )
    step = -(-len(pairs["source"]) // MAX_PAIRS)
    source = pairs["source"][::step]
    target = [row[1:-1] for row in pairs["target"][::step]]  # without START and END
    counts = np.bincount(np.concatenate(target), minlength=vocabulary_size)
    frequent = np.argsort(-counts, kind="stable")[:NUM_FREQUENT]
    probabilities = lexical_probabilities(source, target, vocabulary_size)
    is_common = (probabilities.indices < NUM_RESERVED) | np.isin(probabilities.indices, frequent)
    probabilities.data[is_common] = 0
    probabilities.eliminate_zeros()
    candidates = np.full((vocabulary_size, shortlist_size + 1), PAD, np.int32)
    candidates[:, 0] = np.arange(vocabulary_size)
    for token in range(vocabulary_size):
        start, stop = probabilities.indptr[token : token + 2]
        best = np.argsort(-probabilities.data[start:stop], kind="stable")[:shortlist_size]
        candidates[token, 1 : 1 + len(best)] = probabilities.indices[start:stop][best]
    return LexicalShortlist(candidates, frequent)
