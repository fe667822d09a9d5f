"""Sentence segmentation of token ids by sentence-final marks."""

from collections.abc import Sequence

import numpy as np
from keras import ops

from ....layers.functional.tensor import Tensor
from ...text.codec import PAD
from ...text.wordpiece import SUFFIX_INDICATOR

SENTENCE_FINAL_MARKS = {".", "!", "?", "…", "。", "！", "？"}


def sentence_ends(vocabulary: Sequence[str]) -> list[int]:
    """Return the ids of the tokens that end a sentence."""
    words = (token.removeprefix(SUFFIX_INDICATOR).strip() for token in vocabulary)
    return [id_ for id_, word in enumerate(words) if word in SENTENCE_FINAL_MARKS]


def sentence_mask(ids: Tensor, sentence_end_ids: Sequence[int], max_sentences: int) -> Tensor:
    """Compute the membership of tokens in sentences.

    A sentence ends after the last of consecutive marks: "Really?!" is one sentence.

    Args:
        ids: `(batch, T)` int32.
        sentence_end_ids: ids of the marks, from `sentence_ends`.
        max_sentences: number of sentences S; the last one holds all later tokens.

    Returns:
        `(batch, S, T)` bool; False for padding.

    Example:
        >>> mask = sentence_mask(np.array([[7, 8, 5, 5, 9, 5, 0]]), sentence_end_ids=[5], max_sentences=3)
        >>> mask.numpy().astype(int).tolist()
        [[[1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1, 0], [0, 0, 0, 0, 0, 0, 0]]]
    """
    marks = np.array(sentence_end_ids, "int32")  # a tensor would become an input of an ONNX model
    is_end = ops.any(ops.equal(ids[..., None], marks), axis=-1)
    after_end = ops.pad(is_end, [[0, 0], [1, 0]])[:, :-1]
    is_start = ops.logical_and(after_end, ops.logical_not(is_end))
    sentence = ops.minimum(ops.cumsum(ops.cast(is_start, "int32"), axis=1), max_sentences - 1)
    sentence = ops.where(ops.equal(ids, PAD), -1, sentence)
    return ops.equal(sentence[:, None], np.arange(max_sentences, dtype="int32")[:, None])
