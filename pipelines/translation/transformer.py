"""The Transformer of the translation pipeline: a Keras model to train, and its decoder step by step."""

import keras
import tensorflow as tf
from keras import ops

from ...layers import DecoderBlock, EncoderBlock, HashDropout, SinusoidalPositions
from ..decoding import Focus, Step
from ..logits import tied_logits
from ..text import PAD
from .config import ModelConfig


def build_transformer(config: ModelConfig, vocabulary_size: int) -> keras.Model:
    """A pre-norm Transformer with tied embeddings and an adaptive gate in its cross-attention.

    Args:
        config: the sizes.
        vocabulary_size: number of pieces.

    Returns:
        A model `{"source": (batch, S), "target": (batch, T)}` (int32 ids) -> logits `(batch, T, V)`.
    """
    # Layers
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        config.width,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=config.width**-0.5),
        name="embedding",
    )
    scale = keras.layers.Rescaling(config.width**0.5, name="scale")
    positions = SinusoidalPositions(name="positions")
    block = {
        "num_heads": config.heads,
        "intermediate_dim": config.feed_forward,
        "dropout": config.dropout,
        "attention_dropout": config.attention_dropout,
        "activation_dropout": config.dropout,
    }
    gate = "sentinel" if config.gate else None

    def embed(ids, name):
        return HashDropout(config.dropout, name=name)(positions(scale(embedding(ids))))

    # Functional model
    source = keras.Input((None,), dtype="int32", name="source")
    target = keras.Input((None,), dtype="int32", name="target")
    source_mask = ops.not_equal(source, PAD)
    memory = embed(source, "source_dropout")
    for place in range(config.encoder_blocks):
        memory = EncoderBlock(**block, name=f"encoder_{place}")(memory, mask=source_mask)
    memory = keras.layers.LayerNormalization(epsilon=1e-5, name="encoder_norm")(memory)
    stream = embed(target, "target_dropout")
    for place in range(config.decoder_blocks):
        layer = DecoderBlock(**block, gate=gate, name=f"decoder_{place}")
        stream = layer(stream, memory, memory_mask=source_mask)
    stream = keras.layers.LayerNormalization(epsilon=1e-5, name="decoder_norm")(stream)
    logits = embedding(stream, reverse=True)
    return keras.Model({"source": source, "target": target}, logits, name="transformer")


class TransformerDecoder:
    """A trained Transformer, one step at a time with caches.

    Args:
        model: what `build_transformer` built.
        alignment_block: the decoder block whose heads, averaged, are the attention that is told.
    """

    def __init__(self, model: keras.Model, alignment_block: int = -1):
        self.encoder = keras.Model(model.input["source"], model.get_layer("encoder_norm").output)
        self.embedding = model.get_layer("embedding")
        self.scale = model.get_layer("scale")
        self.positions = model.get_layer("positions")
        self.blocks = [layer for layer in model.layers if isinstance(layer, DecoderBlock)]
        self.norm = model.get_layer("decoder_norm")
        self.alignment_block = alignment_block

    def start(
        self, source: tf.Tensor, beams: int, max_length: int | tf.Tensor, tell: tuple[str, ...] = ()
    ) -> tuple[Step, list, Focus]:
        """Encode `source` `(batch, S)`; return the step function, its first state and its first focus.

        Args:
            source: ids, END after the text, PAD after that.
            beams: sequences per example.
            max_length: number of steps that there must be room for.
            tell: what the focus holds, of `"attention"` `(batch, beams, S)`, `"gate"` `(batch, beams)`,
                `"attention_heads"` `(batch, beams, blocks, heads, S)` and `"gate_heads"`.
        """
        memory = self.encoder(source)
        source_mask = tf.not_equal(source, PAD)
        memories = [block.memory_cache(memory) for block in self.blocks]
        rows, heads = tf.shape(source)[0] * beams, self.blocks[0].num_heads
        no_gate = tf.zeros([rows, heads])
        first = [block.empty_cache(rows, max_length) for block in self.blocks]

        to_logits = tied_logits(self.embedding, memory.dtype)

        def step(tokens, state, index):
            stream = self.scale(self.embedding(tf.reshape(tokens, [-1, 1])))
            stream = self.positions(stream, start=index)
            weights, gates, caches = [], [], []
            for block, memory_cache, cache in zip(self.blocks, memories, state, strict=True):
                stream, scores, decisions, cache = block(
                    stream,
                    memory_mask=source_mask,
                    memory_cache=memory_cache,
                    cache=cache,
                    cache_index=index,
                    return_attention_scores=True,
                    return_decisions=True,
                )
                weights.append(scores["memory"][:, :, 0])  # (rows, heads, S)
                gates.append(decisions["gate"][..., 0] if decisions else no_gate)
                caches.append(cache)
            logits = to_logits(self.norm(stream)[:, 0])
            focus = self._focus(weights, gates, tell, beams)
            return tf.reshape(logits, [-1, beams, logits.shape[-1]]), caches, focus

        weights = [tf.zeros([rows, heads, tf.shape(source)[1]])] * len(self.blocks)
        return step, first, self._focus(weights, [no_gate] * len(self.blocks), tell, beams)

    def _focus(self, weights: list, gates: list, tell: tuple[str, ...], beams: int) -> Focus:
        told = {
            "attention": lambda: tf.reduce_mean(weights[self.alignment_block], axis=1),
            "gate": lambda: tf.reduce_mean(gates[self.alignment_block], axis=1),
            "attention_heads": lambda: tf.stack(weights, axis=1),
            "gate_heads": lambda: tf.stack(gates, axis=1),
        }

        def beams_apart(x):  # (batch * beams, ...) -> (batch, beams, ...)
            return tf.reshape(x, tf.concat([[-1, beams], tf.shape(x)[1:]], axis=0))

        return {name: beams_apart(tf.cast(told[name](), tf.float32)) for name in tell}
