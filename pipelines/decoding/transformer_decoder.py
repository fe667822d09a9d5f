"""Transformer decoder with key-value caches, one step at a time (Vaswani et al. 2017).

The beams of an example are the queries of one sequence: they share the cross-attention to the memory and
one key-value cache per block, which holds the keys of all beams, those of position `t` at the slots
`t * num_beams` to `(t + 1) * num_beams - 1`. A mask shows each beam the keys of its own history (tree
attention, Miao et al. 2024, section 4.2). When a search reorders the beams, the caches stay in place.
"""

from collections.abc import Callable

import tensorflow as tf

from .decoder import Memory, TransformerDecoderLayers, tied_embedding_logits
from .shape_buckets import pad_axis
from .shortlist import Shortlist
from .steps import Decoding, DecodingState, Focus


class TransformerDecoder:
    """A trained Transformer decoder, one step at a time: a `Decoder`.

    Args:
        layers: layers of the model, see `TransformerDecoderLayers`.
        encode: function that encodes a source, the first argument of `initialize`, as a `Memory`.
        alignment_layer: index of the block whose mean over heads is the focus `attention` and `gate`.

    Reference:
        Miao et al. 2024, SpecInfer: Accelerating Large Language Model Serving with Tree-based Speculative
        Inference and Verification.
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
        num_beams: int = 1,
        focus_keys: tuple[str, ...] = (),
        shortlist: Shortlist | None = None,
    ) -> Decoding:
        """Encode `source`, the start of a search. Args: see `Decoder`."""
        memory = self.encode(source)
        blocks = self.layers.blocks
        memory_caches = [block.memory_cache(memory.values) for block in blocks]
        batch_size, source_length = tf.unstack(tf.shape(memory.values)[:2])
        no_gate = tf.zeros([batch_size, blocks[0].num_heads, num_beams])
        to_logits = tied_embedding_logits(self.layers.embedding, memory.values.dtype, shortlist)

        @tf.function  # one graph for all loops of a search
        def step(tokens: tf.Tensor, state: DecodingState, index: tf.Tensor) -> tuple:
            ids = tokens if shortlist is None else shortlist.ids(tokens)
            hidden = self._embed(ids, index)
            ancestors = _write_own_beam(state.beams, index)
            weights, gates, caches = [], [], []
            for block, memory_cache, cache in zip(blocks, memory_caches, state.caches, strict=True):
                hidden, scores, decisions, cache = block(
                    hidden,
                    memory_mask=memory.mask,
                    memory_cache=memory_cache,
                    cache=cache,
                    return_attention_scores=True,
                    return_decisions=True,
                    **_cache_arguments(ancestors, index),
                )
                weights.append(scores["cross_attention"])  # (batch, num_heads, num_beams, S)
                gates.append(decisions["gate"] if decisions else no_gate)
                caches.append(cache)
            logits = to_logits(self.layers.norm(hidden))
            return logits, DecodingState(ancestors, caches), self._focus(weights, gates, focus_keys)

        no_weights = tf.zeros([batch_size, blocks[0].num_heads, num_beams, source_length])
        no_focus = self._focus([no_weights] * len(blocks), [no_gate] * len(blocks), focus_keys)
        state = DecodingState(
            tf.zeros([batch_size, num_beams, 0], tf.int32),
            [block.init_cache(batch_size, 0) for block in blocks],
        )
        return Decoding(step, state, no_focus, batch_size, num_beams, _extend)

    def _embed(self, tokens: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
        """Embed tokens `(batch, num_beams)` at position `index`: `(batch, num_beams, hidden_dim)`."""
        layers = self.layers
        embeddings = layers.scale(layers.embedding(tokens))
        if layers.positions is None:
            return embeddings
        rows = tf.reshape(embeddings, [-1, 1, embeddings.shape[-1]])
        return tf.reshape(layers.positions(rows, start=index), tf.shape(embeddings))

    def _focus(self, weights: list[tf.Tensor], gates: list[tf.Tensor], focus_keys: tuple[str, ...]) -> Focus:
        """Select the outputs of the focus, `(batch, num_beams, ...)` float32 each."""
        outputs = {
            "attention": lambda: tf.reduce_mean(weights[self.alignment_layer], axis=1),
            "gate": lambda: tf.reduce_mean(gates[self.alignment_layer], axis=1),
            "attention_heads": lambda: tf.transpose(tf.stack(weights, axis=1), [0, 3, 1, 2, 4]),
            "gate_heads": lambda: tf.transpose(tf.stack(gates, axis=1), [0, 3, 1, 2]),
        }
        return {key: tf.cast(outputs[key](), tf.float32) for key in focus_keys}


def _write_own_beam(ancestors: tf.Tensor, index: tf.Tensor) -> tf.Tensor:
    """Note that the key at position `index` of each beam is its own.

    Args:
        ancestors: `(batch, num_beams, length)` int32, the beam that holds the key of each position.
        index: position.
    """
    num_beams = ancestors.shape[1]
    return tf.where(tf.range(tf.shape(ancestors)[2]) == index, tf.range(num_beams)[:, tf.newaxis], ancestors)


def _cache_arguments(ancestors: tf.Tensor, index: tf.Tensor) -> dict:
    """Create the arguments of a decoder block for beams at position `index` that share a cache."""
    num_beams, length = ancestors.shape[1], tf.shape(ancestors)[2]
    if num_beams == 1:
        return {"cache_index": index}
    is_ancestor = ancestors[..., tf.newaxis] == tf.range(num_beams)  # (batch, num_beams, length, num_beams)
    return {
        "attention_mask": tf.reshape(is_ancestor, [-1, num_beams, length * num_beams]),
        "cache_index": index * num_beams,
        "positions": tf.fill([num_beams], index),
        "key_positions": tf.repeat(tf.range(length), num_beams),
    }


def _extend(state: DecodingState, length: int | tf.Tensor) -> DecodingState:
    """Pad ancestors and caches to `length` positions."""
    num_beams = state.beams.shape[1]

    def extend_cache(cache: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {name: pad_axis(x, 2, length * num_beams) for name, x in cache.items()}

    caches = [
        {**cache, "self_attention_cache": extend_cache(cache["self_attention_cache"])}
        for cache in state.caches
    ]
    return DecodingState(pad_axis(state.beams, 2, length), caches)
