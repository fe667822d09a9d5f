"""The Transformer of the translation pipeline: a Keras model to train."""

import keras
from keras import ops

from ....layers import DecoderBlock, EncoderBlock, HashDropout
from ...networks.position_encoding import position_biases, position_layer
from ...text.codec import PAD
from ..config import ModelConfig


def build_transformer(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """A pre-norm Transformer with tied embeddings and an adaptive gate in its cross-attention.

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"source": (batch, S), "target": (batch, T)}` (int32 ids) -> `logits` `(batch, T, V)` and
        `attention` `(batch, T, S)`, the mean of the heads of the alignment block.
    """
    # Layers
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        config.hidden_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=config.hidden_dim**-0.5),
        name="embedding",
    )
    scale = keras.layers.Rescaling(config.hidden_dim**0.5, name="scale")
    positions = position_layer(config.positions)
    block = {
        "num_heads": config.num_heads,
        "intermediate_dim": config.intermediate_dim,
        "dropout": config.dropout,
        "attention_dropout": config.attention_dropout,
        "activation_dropout": config.dropout,
        "bias": position_biases(config.positions),
    }
    gate = "sentinel" if config.gate else None

    def embed(ids, name):
        return HashDropout(config.dropout, name=name)(positions(scale(embedding(ids))))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    source_mask = ops.not_equal(source, PAD)
    memory = embed(source, "source_dropout")
    for place in range(config.num_encoder_layers):
        memory = EncoderBlock(**block, name=f"encoder_{place}")(memory, mask=source_mask)
    memory = keras.layers.LayerNormalization(epsilon=1e-5, name="encoder_norm")(memory)
    stream = embed(target, "target_dropout")
    looked = []
    for place in range(config.num_decoder_layers):
        layer = DecoderBlock(**block, gate=gate, name=f"decoder_{place}")
        stream, weights = layer(stream, memory, memory_mask=source_mask, return_attention_scores=True)
        looked.append(weights["cross_attention"])
    stream = keras.layers.LayerNormalization(epsilon=1e-5, name="decoder_norm")(stream)
    told = {
        "logits": embedding(stream, reverse=True),
        "attention": ops.mean(looked[config.alignment_layer], axis=1),
    }
    return keras.Model({"source": source, "target": target}, told, name="transformer")
