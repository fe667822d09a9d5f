"""Transformer encoder-decoder with gated cross-attention (Vaswani et al. 2017)."""

import keras
from keras import ops

from ....layers import DecoderBlock, EncoderBlock, HashDropout
from ...decoding.decoder import TransformerDecoderLayers
from ...networks.position_encoding import position_biases, position_layer
from ...networks.token_embedding import token_embedding
from ...text.codec import PAD
from ..config import ModelConfig


def build_transformer(
    config: ModelConfig, vocabulary_size: int
) -> tuple[keras.Model, keras.Model, TransformerDecoderLayers]:
    """Build a pre-norm Transformer with tied embeddings and an adaptive gate in its cross-attention.

    Args:
        config: sizes, position encoding, gate and alignment layer.
        vocabulary_size: number of tokens.

    Returns:
        The model `{"source": (batch, S), "target": (batch, T)}` of int32 ids -> `{"logits": (batch, T,
        vocabulary_size), "attention": (batch, T, S)}`, where `attention` is the mean of the heads of the
        alignment layer, and with a gate also `"gate"` `(batch, num_layers, T)`; the encoder `(batch, S)`
        ids -> `{"memory": (batch, S, hidden_dim)}`; and the layers of the decoder.

    Reference:
        Vaswani et al. 2017, Attention Is All You Need.
    """
    # Layers
    embedding, scale = token_embedding(vocabulary_size, config.hidden_dim)
    positions = position_layer(config.position_encoding)
    block = {
        "num_heads": config.num_heads,
        "intermediate_dim": config.intermediate_dim,
        "dropout": config.dropout,
        "attention_dropout": config.attention_dropout,
        "activation_dropout": config.dropout,
        "bias": position_biases(config.position_encoding),
    }
    gate = "sentinel" if config.gate else None

    def embed(ids: keras.KerasTensor, name: str) -> keras.KerasTensor:
        hidden = scale(embedding(ids))
        return HashDropout(config.dropout, name=name)(hidden if positions is None else positions(hidden))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    source_mask = ops.not_equal(source, PAD)
    memory = embed(source, "source_dropout")
    for index in range(config.num_encoder_layers):
        memory = EncoderBlock(**block, name=f"encoder_{index}")(memory, mask=source_mask)
    memory = keras.layers.LayerNormalization(epsilon=1e-5, name="encoder_norm")(memory)
    hidden = embed(target, "target_dropout")
    blocks, attention, gates = [], [], []
    for index in range(config.num_decoder_layers):
        blocks.append(DecoderBlock(**block, gate=gate, name=f"decoder_{index}"))
        hidden, scores, decisions = blocks[-1](
            hidden, memory, memory_mask=source_mask, return_attention_scores=True, return_decisions=True
        )
        attention.append(scores["cross_attention"])
        if "gate" in decisions:
            gates.append(ops.mean(decisions["gate"], axis=1))
    norm = keras.layers.LayerNormalization(epsilon=1e-5, name="decoder_norm")
    outputs = {
        "logits": embedding(norm(hidden), reverse=True),
        "attention": ops.mean(attention[config.alignment_layer], axis=1),
    }
    if gates:
        outputs["gate"] = ops.stack(gates, axis=1)
    model = keras.Model({"source": source, "target": target}, outputs, name="transformer")
    encoder = keras.Model(source, {"memory": memory}, name="encoder")
    return model, encoder, TransformerDecoderLayers(embedding, scale, blocks, norm, positions)
