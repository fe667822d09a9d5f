"""Splitting of texts into words, which subword tokens do not cross, in core TensorFlow operations."""

import tensorflow as tf

from .ragged import expand_rows, merge_dims
from .separator import SEPARATOR, replace_separator

MAX_WORD_CHARACTERS = 50  # longer runs of letters are split, which bounds the cost of matching

# A word is a run of letters, an English ending with its apostrophe, or any other visible character alone.
# Every digit is a word, so that any number consists of known tokens. The space before a word belongs to it
# and needs no token of its own. All other characters are words of one character.
WORD = r" ?[\pL\pM]+|['\x{2019}](?:s|t|re|ve|m|ll|d)\b| ?[^\pZ\pC]|(?s:.)"


def split_words(texts: tf.Tensor) -> tf.RaggedTensor:
    """Split texts into words, each with the space before it.

    Args:
        texts: `(batch,)` strings.

    Returns:
        `(batch, words)` strings; the words of a text concatenate to `" " + text`.

    Example:
        >>> split_words(tf.constant(["It's 10."])).to_list()
        [[b' It', b"'s", b' 1', b'0', b'.']]
    """
    texts = tf.strings.join([" ", replace_separator(texts)])
    marked = tf.strings.regex_replace(texts, WORD, SEPARATOR + rb"\0")
    words = tf.strings.split(tf.strings.substr(marked, 1, tf.int32.max), SEPARATOR)
    is_long = tf.strings.length(words.values) > MAX_WORD_CHARACTERS
    long_words = tf.boolean_mask(words.values, is_long)
    return merge_dims(words, expand_rows(words.values, is_long, _split_long_words(long_words)))


def _split_long_words(words: tf.Tensor) -> tf.RaggedTensor:
    """Split words of letters, `(words,)`, into parts of at most `MAX_WORD_CHARACTERS`, `(words, parts)`."""
    characters = tf.strings.unicode_split(words, "UTF-8")
    is_start = tf.ragged.range(characters.row_lengths()).values % MAX_WORD_CHARACTERS == 0
    part_of = tf.cumsum(tf.cast(is_start, tf.int32)) - 1
    num_parts = tf.reduce_sum(tf.cast(is_start, tf.int32))
    parts = tf.strings.unsorted_segment_join(characters.values, part_of, num_parts)
    lengths = -(-characters.row_lengths() // MAX_WORD_CHARACTERS)
    return tf.RaggedTensor.from_row_lengths(parts, lengths, validate=False)
