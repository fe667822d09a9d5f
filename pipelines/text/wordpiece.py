"""Greedy longest match (WordPiece) of many words at once, in core TensorFlow operations."""

import tensorflow as tf

SUFFIX_INDICATOR = "##"  # stands before a piece that goes on with a word


def longest_match(
    words: tf.Tensor, table: tf.lookup.StaticHashTable, width: int, first_byte: int
) -> tf.RaggedTensor:
    """Ids of the pieces that `words` are made of, the longest first, from left to right.

    Each round takes the next piece of every word that is not done, so that there are as many rounds
    as the word of the most pieces has. A byte where no piece starts is a piece by itself.

    Args:
        words: `(words,)` strings, none of them empty.
        table: the id of each piece, int64; -1 for what is no piece. A piece that does not start a
            word is found under its text with `##` in front.
        width: bytes of the longest piece, `##` not counted.
        first_byte: id of byte 0, to which that of byte 255 is counted up.

    Returns:
        `(words, pieces)` int32.

    Reference:
        Wu et al. 2016, "Google's Neural Machine Translation System", section 4.1.
    """

    def next_piece(left, rest, ids):
        mark = tf.where(tf.shape(ids)[1] == 0, 0, len(SUFFIX_INDICATOR))
        found, size = _longest(rest, mark, table, width)
        byte = tf.io.decode_raw(tf.strings.substr(rest, mark, 1), tf.uint8)[:, 0]
        found = tf.where(size > 0, found, first_byte + tf.cast(byte, tf.int32))
        column = tf.tensor_scatter_nd_update(tf.fill(tf.shape(words), -1), left, found)
        length = tf.strings.length(rest)
        end = tf.minimum(mark + tf.maximum(size, 1), length)
        more = end < length
        rest = tf.boolean_mask(tf.strings.substr(rest, end, length), more)
        ids = tf.concat([ids, column[:, tf.newaxis]], 1)
        return tf.boolean_mask(left, more), tf.strings.join([SUFFIX_INDICATOR, rest]), ids

    count = tf.size(words)
    _, _, ids = tf.while_loop(
        lambda left, *_: tf.size(left) > 0,
        next_piece,
        (tf.range(count)[:, tf.newaxis], words, tf.zeros([count, 0], tf.int32)),
        shape_invariants=(
            tf.TensorShape([None, 1]),
            tf.TensorShape([None]),
            tf.TensorShape([None, None]),
        ),
    )
    taken = ids >= 0
    lengths = tf.reduce_sum(tf.cast(taken, tf.int64), 1)
    return tf.RaggedTensor.from_row_lengths(tf.boolean_mask(ids, taken), lengths, validate=False)


def _longest(texts, mark, table, width):
    """Id and size of the longest piece that each text starts with; size 0: there is none."""
    width = tf.minimum(width, tf.reduce_max(tf.strings.length(texts)) - mark)
    sizes = tf.range(1, width + 1)[tf.newaxis]
    starts = tf.strings.substr(texts[:, tf.newaxis], tf.zeros_like(sizes), mark + sizes)
    ids = table.lookup(starts)  # (texts, sizes)
    size = tf.reduce_max(tf.where(ids >= 0, sizes, 0), 1)
    id_ = tf.gather(ids, tf.maximum(size - 1, 0), batch_dims=1)
    return tf.cast(id_, tf.int32), size
