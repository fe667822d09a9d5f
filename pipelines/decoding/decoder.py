"""Interface of step-by-step decoders: memory, layers, step function, and logits with tied embeddings."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import keras
import tensorflow as tf

from ...layers import AttentionCell, DecoderBlock, SinusoidalPositions
from .shortlist import Shortlist
from .steps import Decoding


class Memory(NamedTuple):
    """Encoded source that a decoder attends to, shared by all beams.

    values: `(batch, S, hidden_dim)`.
    mask: `(batch, S)` boolean, True for the positions that may be attended to; None: all.
    states: initial states of a recurrent decoder, each `(batch, units)`; the remaining ones start at zero.
    """

    values: tf.Tensor
    mask: tf.Tensor | None = None
    states: tuple[tf.Tensor, ...] = ()


class TransformerDecoderLayers(NamedTuple):
    """Layers of a Transformer decoder.

    embedding: token embedding, whose table also gives the logits.
    scale: factor of the embeddings.
    blocks: decoder blocks in their order.
    norm: layer normalization of the last states.
    positions: position encoding that is added to the embeddings; None where the blocks encode positions.
    """

    embedding: keras.layers.ReversibleEmbedding
    scale: keras.layers.Rescaling
    blocks: Sequence[DecoderBlock]
    norm: keras.layers.LayerNormalization
    positions: SinusoidalPositions | None = None


class RecurrentDecoderLayers(NamedTuple):
    """Layers of a recurrent decoder with attention.

    embedding: token embedding, whose table also gives the logits.
    scale: factor of the embeddings.
    cell: recurrent cell with attention.
    readout: layer of the concatenated output of the cell and embedding of its input token.
    """

    embedding: keras.layers.ReversibleEmbedding
    scale: keras.layers.Rescaling
    cell: AttentionCell
    readout: keras.layers.Dense


class Decoder(Protocol):
    """A trained model that decodes step by step."""

    def initialize(
        self,
        source: tf.Tensor,
        num_beams: int = 1,
        focus_keys: tuple[str, ...] = (),
        shortlist: Shortlist | None = None,
    ) -> Decoding:
        """Encode `source` `(batch, ...)`, the start of a search.

        Args:
            source: input of the encoder.
            num_beams: number of sequences per example.
            focus_keys: keys of the focus: any of `"attention"` `(batch, num_beams, S)`, `"gate"`
                `(batch, num_beams)`, `"attention_heads"` `(batch, num_beams, num_layers, num_heads, S)` and
                `"gate_heads"` `(batch, num_beams, num_layers, num_heads)`.
            shortlist: tokens that the search may choose, whose indices are then the tokens of the search;
                None: the whole vocabulary.
        """
        ...


def tied_embedding_logits(
    embedding: keras.layers.Embedding, dtype: tf.DType, shortlist: Shortlist | None = None
) -> Callable[[tf.Tensor], tf.Tensor]:
    """Create the output projection of tied embeddings for a decoding loop (Press and Wolf 2017).

    The table is transposed once, before the loop: products with the transposed table are two to four times
    as fast. Of a shortlist, its rows are gathered there too.

    Args:
        embedding: embedding of `vocabulary_size` tokens, in float or quantized to int8.
        dtype: dtype of the states.
        shortlist: tokens that have logits; None: all.

    Returns:
        A function of states `(batch, num_beams, hidden_dim)` that returns logits `(batch, num_beams,
        vocabulary_size)`, or with a shortlist `(batch, num_beams, size)`.

    Raises:
        ValueError: if the embedding is quantized otherwise.

    Reference:
        Press and Wolf 2017, Using the Output Embedding to Improve Language Models.
    """
    if embedding.quantization_mode not in (None, "int8"):
        raise ValueError(
            "`embedding` must be in float or in int8. Received: an embedding quantized to "
            f"{embedding.quantization_mode}"
        )

    def transposed(weights: keras.Variable) -> tf.Tensor:
        table = tf.convert_to_tensor(weights)
        return tf.transpose(table if shortlist is None else tf.gather(table, shortlist.tokens))

    def mask(logits: tf.Tensor) -> tf.Tensor:
        return logits if shortlist is None else shortlist.mask_logits(logits)

    table = transposed(embedding.embeddings)
    if embedding.quantization_mode is None:
        table = tf.cast(table, dtype)
        return lambda states: mask(tf.matmul(states, table))
    scales = transposed(embedding.embeddings_scale)

    def to_logits(states: tf.Tensor) -> tf.Tensor:
        states, state_scales = keras.quantizers.abs_max_quantize(states, axis=-1, to_numpy=False)
        products = tf.cast(keras.ops.matmul(states, table), dtype)
        return mask(products / tf.cast(state_scales * scales, dtype))

    return to_logits
