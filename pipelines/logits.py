"""From a decoder's state to a score for every token, with the embedding's own table."""

from collections.abc import Callable

import keras
import tensorflow as tf


def tied_embedding_logits(
    embedding: keras.layers.Embedding, dtype: tf.DType
) -> Callable[[tf.Tensor], tf.Tensor]:
    """The output projection of tied embeddings, made for a decoding loop (Press and Wolf 2017).

    The table is the left factor: as the right one XLA transposes it anew at every step of one row.

    Args:
        embedding: of `vocabulary` tokens.
        dtype: of the states.

    Returns:
        A function from states `(rows, width)` to logits `(rows, vocabulary)`.

    Reference:
        Press and Wolf 2017, Using the Output Embedding to Improve Language Models.
    """
    table = tf.cast(embedding.embeddings, dtype)
    return lambda states: tf.transpose(tf.matmul(table, states, transpose_b=True))
