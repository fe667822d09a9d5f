"""Transformer caption decoder with an optional sentinel gate (Vaswani et al. 2017, Lu et al. 2017)."""

import keras
from keras import ops

from ....layers import DecoderBlock, HashDropout, SinusoidalPositions
from ...decoding.decoder import TransformerDecoderLayers
from ...networks.token_embedding import token_embedding
from ...text.codec import START
from ..config import ModelConfig


def build_transformer(
    config: ModelConfig, vocabulary_size: int
) -> tuple[keras.Model, TransformerDecoderLayers]:
    """Build a pre-norm Transformer decoder with tied embeddings.

    `adaptive` has a sentinel gate in each cross-attention. A row may hold several captions, concatenated:
    each begins with `START` and attends to itself alone.

    Args:
        config: the model configuration.
        vocabulary_size: number of tokens.

    Returns:
        A model `{"memory": (batch, cells, hidden_dim), "caption": (batch, T) ids}` -> `logits`
        `(batch, T, V)` and `attention` `(batch, num_layers, T, cells)`, the mean over the heads of each
        layer, and for `adaptive` their `gate` `(batch, num_layers, T)`; and its layers.

    Raises:
        ValueError: if `attention` is neither soft nor adaptive.
    """
    if config.attention not in ("soft", "adaptive"):
        raise ValueError(
            "`attention` must be 'soft' or 'adaptive' with architecture='transformer': hard and spatial "
            f"attention belong to a step of an LSTM. Received: attention={config.attention!r}. "
            "Run with `--architecture lstm` for these."
        )
    # Layers
    embedding, scale = token_embedding(vocabulary_size, config.hidden_dim)
    positions = SinusoidalPositions(name="positions")
    blocks = [
        DecoderBlock(
            config.num_heads,
            config.intermediate_dim,
            dropout=config.dropout,
            activation_dropout=config.dropout,
            gate="sentinel" if config.attention == "adaptive" else None,
            name=f"decoder_{index}",
        )
        for index in range(config.num_layers)
    ]
    norm = keras.layers.LayerNormalization(epsilon=1e-5, name="decoder_norm")

    # Functional model
    memory = keras.Input((None, config.hidden_dim), name="memory")
    caption = keras.Input((None,), dtype="int32", name="caption")
    caption_number = ops.cumsum(ops.cast(ops.equal(caption, START), "int32"), axis=1)
    same_caption = ops.equal(caption_number[:, :, None], caption_number[:, None, :])  # (batch, T, T)
    position = ops.sum(ops.cast(ops.tril(same_caption, -1), "int32"), axis=2)  # within its caption
    words = positions(scale(embedding(caption)), positions=position)
    hidden = HashDropout(config.dropout, name="word_dropout")(words)
    attention, gates = [], []
    for block in blocks:
        hidden, scores, decisions = block(
            hidden,
            memory,
            attention_mask=same_caption,
            return_attention_scores=True,
            return_decisions=True,
        )
        attention.append(ops.mean(scores["cross_attention"], axis=1))
        if "gate" in decisions:
            gates.append(ops.mean(decisions["gate"], axis=1))
    logits = embedding(norm(hidden), reverse=True)
    outputs = {"logits": logits, "attention": ops.stack(attention, axis=1)}
    if gates:
        outputs["gate"] = ops.stack(gates, axis=1)
    model = keras.Model({"memory": memory, "caption": caption}, outputs, name="decoder")
    return model, TransformerDecoderLayers(embedding, scale, blocks, norm, positions)
