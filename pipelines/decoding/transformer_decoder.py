"""Transformer decoder with key-value caches, one step at a time (Vaswani et al. 2017)."""

from collections.abc import Callable

import tensorflow as tf

from .decoder import Memory, TransformerDecoderLayers, tied_embedding_logits
from .search import Focus, Step


class TransformerDecoder:
    """A trained Transformer decoder, one step at a time: a `Decoder`.

    Args:
        layers: layers of the model, see `TransformerDecoderLayers`.
        encode: function that encodes a source, the first argument of `initialize`, as a `Memory`.
        alignment_layer: index of the block whose mean over heads is the focus `attention` and `gate`.
    """

    def __init__(
        self,
        layers: TransformerDecoderLayers,
        encode: Callable[[tf.Tensor], Memory],
        alignment_layer: int = -1,
    ):
        self.layers = layers
        self.encode = encode
        self.alignment_layer = alignment_layer

    def initialize(
        self,
        source: tf.Tensor,
        num_beams: int,
        max_length: int | tf.Tensor | None,
        focus_keys: tuple[str, ...] = (),
    ) -> tuple[Step, list, Focus]:
        """Encode `source`; return the step function, the empty caches and zeros of the focus."""
        memory = self.encode(source)
        blocks = self.layers.blocks
        memory_caches = [block.memory_cache(memory.values) for block in blocks]
        batch_size, source_length = tf.unstack(tf.shape(memory.values)[:2])
        rows, num_heads = batch_size * num_beams, blocks[0].num_heads
        no_gate = tf.zeros([rows, num_heads])
        to_logits = tied_embedding_logits(self.layers.embedding, memory.values.dtype)

        def step(tokens: tf.Tensor, state: list, index: tf.Tensor) -> tuple[tf.Tensor, list, Focus]:
            hidden = self._embed(tokens, index)
            weights, gates, caches = [], [], []
            for block, memory_cache, cache in zip(blocks, memory_caches, state, strict=True):
                hidden, scores, decisions, cache = block(
                    hidden,
                    memory_mask=memory.mask,
                    memory_cache=memory_cache,
                    cache=cache,
                    cache_index="end" if max_length is None else index,
                    return_attention_scores=True,
                    return_decisions=True,
                )
                weights.append(scores["cross_attention"][:, :, 0])  # (rows, num_heads, S)
                gates.append(decisions["gate"][..., 0] if decisions else no_gate)
                caches.append(cache)
            logits = to_logits(self.layers.norm(hidden)[:, 0])
            focus = self._focus(weights, gates, focus_keys, num_beams)
            return tf.reshape(logits, [-1, num_beams, logits.shape[-1]]), caches, focus

        no_weights = [tf.zeros([rows, num_heads, source_length])] * len(blocks)
        no_focus = self._focus(no_weights, [no_gate] * len(blocks), focus_keys, num_beams)
        return step, self._empty_caches(rows, max_length), no_focus

    def _embed(self, tokens: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        """Embed the tokens `(batch, num_beams)` at position `index`: `(rows, 1, hidden_dim)`."""
        layers = self.layers
        embeddings = layers.scale(layers.embedding(tf.reshape(tokens, [-1, 1])))
        return embeddings if layers.positions is None else layers.positions(embeddings, start=index)

    def _empty_caches(self, rows: tf.Tensor, max_length: int | tf.Tensor | None) -> list[dict]:
        """Create the cache of each block, of `max_length` positions or of none, and growing."""
        if max_length is not None:
            return [block.init_cache(rows, max_length) for block in self.layers.blocks]
        caches = [block.init_cache(rows, 0) for block in self.layers.blocks]
        return [
            {**cache, "self_attention_cache": _with_open_length(cache["self_attention_cache"])}
            for cache in caches
        ]

    def _focus(
        self,
        weights: list[tf.Tensor],
        gates: list[tf.Tensor],
        focus_keys: tuple[str, ...],
        num_beams: int,
    ) -> Focus:
        """Select the outputs of the focus, `(batch, num_beams, ...)` float32 each."""
        outputs = {
            "attention": lambda: tf.reduce_mean(weights[self.alignment_layer], axis=1),
            "gate": lambda: tf.reduce_mean(gates[self.alignment_layer], axis=1),
            "attention_heads": lambda: tf.stack(weights, axis=1),
            "gate_heads": lambda: tf.stack(gates, axis=1),
        }

        def split_beams(x: tf.Tensor) -> tf.Tensor:  # (batch * num_beams, ...) -> (batch, num_beams, ...)
            return tf.reshape(x, tf.concat([[-1, num_beams], tf.shape(x)[1:]], axis=0))

        return {key: split_beams(tf.cast(outputs[key](), tf.float32)) for key in focus_keys}


def _with_open_length(cache: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Hide the length of keys and values `(rows, heads, length, dim)`, so that a loop can extend them."""
    return {
        name: tf.raw_ops.PlaceholderWithDefault(input=x, shape=[*x.shape[:2], None, x.shape[3]])
        for name, x in cache.items()
    }
