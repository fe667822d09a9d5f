"""The decoder of a Transformer, one step at a time with caches, over any memory."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from ...layers import DecoderBlock
from ..logits import tied_embedding_logits
from .decoder import Memory
from .search import Focus, Step


class TransformerDecoder:
    """A trained Transformer, one step at a time: a `Decoder`.

    Args:
        model: has the layers `embedding`, `scale` and `decoder_norm`, any number of `DecoderBlock`s, in their
            order, and `positions`, where they do not know them.
        read: encodes a source: what `start` is given -> `Memory`.
        alignment_layer: the decoder block whose heads, averaged, are the attention that is told.
    """

    def __init__(self, model: keras.Model, read: Callable[[Any], Memory], alignment_layer: int = -1):
        self.read = read
        self.embedding = model.get_layer("embedding")
        self.scale = model.get_layer("scale")
        self.positions = next((layer for layer in model.layers if layer.name == "positions"), None)
        self.blocks = [layer for layer in model.layers if isinstance(layer, DecoderBlock)]
        self.norm = model.get_layer("decoder_norm")
        self.alignment_layer = alignment_layer

    def start(
        self,
        source: Any,
        num_beams: int,
        max_length: int | tf.Tensor | None,
        focus_keys: tuple[str, ...] = (),
    ) -> tuple[Step, list, Focus]:
        """As in `Decoder`."""
        memory = self.read(source)
        memories = [block.memory_cache(memory.values) for block in self.blocks]
        batch_size, length = tf.unstack(tf.shape(memory.values)[:2])
        rows, heads = batch_size * num_beams, self.blocks[0].num_heads
        no_gate = tf.zeros([rows, heads])
        room = 0 if max_length is None else max_length
        first = [block.init_cache(rows, room) for block in self.blocks]
        if max_length is None:
            first = [{**cache, "self_attention_cache": _of_any_length(cache["self_attention_cache"])} for cache in first]
        to_logits = tied_embedding_logits(self.embedding, memory.values.dtype)

        def step(tokens, state, index):
            stream = self.scale(self.embedding(tf.reshape(tokens, [-1, 1])))
            if self.positions is not None:
                stream = self.positions(stream, start=index)
            weights, gates, caches = [], [], []
            for block, memory_cache, cache in zip(self.blocks, memories, state, strict=True):
                stream, scores, decisions, cache = block(
                    stream,
                    memory_mask=memory.mask,
                    memory_cache=memory_cache,
                    cache=cache,
                    cache_index="end" if max_length is None else index,
                    return_attention_scores=True,
                    return_decisions=True,
                )
                weights.append(scores["cross_attention"][:, :, 0])  # (rows, heads, S)
                gates.append(decisions["gate"][..., 0] if decisions else no_gate)
                caches.append(cache)
            logits = to_logits(self.norm(stream)[:, 0])
            focus = self._focus(weights, gates, focus_keys, num_beams)
            return tf.reshape(logits, [-1, num_beams, logits.shape[-1]]), caches, focus

        weights = [tf.zeros([rows, heads, length])] * len(self.blocks)
        return step, first, self._focus(weights, [no_gate] * len(self.blocks), focus_keys, num_beams)

    def _focus(self, weights: list, gates: list, focus_keys: tuple[str, ...], num_beams: int) -> Focus:
        told = {
            "attention": lambda: tf.reduce_mean(weights[self.alignment_layer], axis=1),
            "gate": lambda: tf.reduce_mean(gates[self.alignment_layer], axis=1),
            "attention_heads": lambda: tf.stack(weights, axis=1),
            "gate_heads": lambda: tf.stack(gates, axis=1),
        }

        def beams_apart(x):  # (batch * beams, ...) -> (batch, beams, ...)
            return tf.reshape(x, tf.concat([[-1, num_beams], tf.shape(x)[1:]], axis=0))

        return {name: beams_apart(tf.cast(told[name](), tf.float32)) for name in focus_keys}


def _of_any_length(cache: dict) -> dict:
    """The same keys and values, `(rows, heads, positions, dim)`, for a loop that makes them longer."""
    return {
        name: tf.raw_ops.PlaceholderWithDefault(input=held, shape=[*held.shape[:2], None, held.shape[3]])
        for name, held in cache.items()
    }
