"""How a text is read, in training and at inference: its pieces, and how far they reach."""

import tensorflow as tf

from ..text.codec import TextCodec
from .config import DataConfig


def read(codec: TextCodec, texts: tf.Tensor, config: DataConfig) -> tf.RaggedTensor:
    """Ids `(batch, pieces)`, int32, of the first `max_sequence_length` pieces of `texts` `(batch,)`.

    Only A to Z are turned into lower case, so every piece keeps its bytes.
    """
    # No piece that is kept depends on a byte after these, and a long text costs no more.
    texts = tf.strings.substr(texts, 0, (config.max_sequence_length + 2) * codec.longest)
    if config.lowercase:
        texts = tf.strings.lower(texts)
    return codec.encode(texts)[:, : config.max_sequence_length]
