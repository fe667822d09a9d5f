"""Greedy longest-match WordPiece of a batch of words, in core TensorFlow operations (Wu et al. 2016)."""

import tensorflow as tf

SUFFIX_INDICATOR = "##"  # prefix of the tokens that continue a word


def longest_match(
    words: tf.Tensor, table: tf.lookup.StaticHashTable, max_token_bytes: int, first_byte_id: int
) -> tf.RaggedTensor:
    """Split words into tokens, the longest one first, from left to right.

    Each round matches the next token of every word that is not finished. There are as many rounds as the
    word with the most tokens has. A byte where no token matches is a token of its own.

    Args:
        words: `(words,)` strings, none of them empty.
        table: lookup of the id of each token, int64, and -1 for other strings. The key of a token that does
            not start a word has the prefix `##`.
        max_token_bytes: bytes of the longest token, without `##`.
        first_byte_id: id of byte 0; the ids of bytes 1 to 255 follow.

    Returns:
        `(words, tokens)` int32.

    Reference:
        Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1.
    """

    def match_next(
        indices: tf.Tensor, remainders: tf.Tensor, ids: tf.Tensor
    ) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        prefix = tf.where(tf.shape(ids)[1] == 0, 0, len(SUFFIX_INDICATOR))
        matched, size = _longest_prefix(remainders, prefix, table, max_token_bytes)
        byte = tf.io.decode_raw(tf.strings.substr(remainders, prefix, 1), tf.uint8)[:, 0]
        matched = tf.where(size > 0, matched, first_byte_id + tf.cast(byte, tf.int32))
        column = tf.tensor_scatter_nd_update(tf.fill(tf.shape(words), -1), indices, matched)
        length = tf.strings.length(remainders)
        end = tf.minimum(prefix + tf.maximum(size, 1), length)
        is_open = end < length
        remainders = tf.boolean_mask(tf.strings.substr(remainders, end, length), is_open)
        remainders = tf.strings.join([SUFFIX_INDICATOR, remainders])
        return tf.boolean_mask(indices, is_open), remainders, tf.concat([ids, column[:, tf.newaxis]], 1)

    count = tf.size(words)
    _, _, ids = tf.while_loop(
        lambda indices, *_: tf.size(indices) > 0,
        match_next,
        (tf.range(count)[:, tf.newaxis], words, tf.zeros([count, 0], tf.int32)),
        shape_invariants=(
            tf.TensorShape([None, 1]),
            tf.TensorShape([None]),
            tf.TensorShape([None, None]),
        ),
    )
    is_token = ids >= 0
    lengths = tf.reduce_sum(tf.cast(is_token, tf.int64), 1)
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(ids, is_token), lengths, validate=False)


def _longest_prefix(
    texts: tf.Tensor, prefix: tf.Tensor, table: tf.lookup.StaticHashTable, max_token_bytes: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return id and size of the longest token at the start of each text; size 0 without a match."""
    max_size = tf.minimum(max_token_bytes, tf.reduce_max(tf.strings.length(texts)) - prefix)
    sizes = tf.range(1, max_size + 1)[tf.newaxis]
    candidates = tf.strings.substr(texts[:, tf.newaxis], tf.zeros_like(sizes), prefix + sizes)
    ids = table.lookup(candidates)  # (texts, sizes)
    size = tf.reduce_max(tf.where(ids >= 0, sizes, 0), 1)
    id_ = tf.gather(ids, tf.maximum(size - 1, 0), batch_dims=1)
    return tf.cast(id_, tf.int32), size
