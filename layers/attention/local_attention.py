"""A sequence that attends to what is near, in time and memory that grow with its length alone."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from .. import biases
from ..biases import AttentionContext
from ..functional import attention_state, kv_cache, masks
from ..functional.heads import merge_heads
from ..functional.local_blocks import LocalBlocks
from ..scores import Location
from .attention import check_inputs, results
from .fused_qkv_attention import FusedQKVAttention


@keras.saving.register_keras_serializable(package="foveal")
class LocalAttention(FusedQKVAttention):
    """Self-attention within a window around each position (Luong 2015; Beltagy et al. 2020).

    The same as `SelfAttention` whose bias is a `SlidingWindow`, with the same weights, but nothing
    beyond the window is computed: blocks of queries meet the two blocks of keys around them. Each
    step of cached decoding reads the window alone.

    Args:
        num_heads: how many heads.
        key_dim: width of each head's queries and keys.
        window: how many positions a query sees on each side of its own, or `(back, ahead)`; with
            None, as far as its biases reach: `SlidingWindow`, a trimmed `AdaptiveSpan`.
        value_dim, score, bias, distribution, dropout, use_bias, output_shape, kernel_initializer,
            bias_initializer: as in `SelfAttention`.

    Call arguments:
        query: `(batch, T, dim)`.
        query_mask, attention_mask, return_attention_scores, return_decisions, training,
            use_causal_mask, cache, cache_index, prior, state: as in `SelfAttention`. A mask or a
            prior of T rows, and the weights when asked for, take memory for T * Tk pairs.

    Returns:
        What `SelfAttention` returns.

    Raises:
        ValueError: if neither `window` nor a bias limits the view, a part needs to know more than
            the window shows, or ranks, widths, masks or caches do not fit.

    Example:
        >>> layer = LocalAttention(num_heads=2, key_dim=4, window=1)
        >>> _, weights = layer(np.ones((1, 4, 8)), return_attention_scores=True)
        >>> (np.array(weights)[0, 0] > 0).astype(int).tolist()
        [[1, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]]

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.2 (local-m);
        Beltagy et al. 2020, Longformer, section 3.1 (sliding window).
    """

    def __init__(
        self, num_heads: int, key_dim: int, window: int | tuple[int, int] | None = None, **kwargs: Any
    ):
        super().__init__(num_heads, key_dim, **kwargs)
        self.window = window
        if any(side is not None and side < 0 for side in self._window):
            raise ValueError(f"`window` must not be negative. Received: {window}")
        unfit = [part for part in (*self.bias, self.distribution) if set(part.state_keys) - {"position"}]
        unfit += [bias for bias in self.bias if bias.needs_lengths]
        unfit += [self.score] if isinstance(self.score, Location) else []
        if unfit:
            raise ValueError(
                "LocalAttention shows each query its window alone, and all queries at once: expected parts "
                f"that need neither other keys nor earlier queries. Received: {unfit}"
            )

    def call(
        self,
        query: Any,
        query_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        return_decisions: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
        cache: dict | None = None,
        cache_index: Any = None,
        prior: Any = None,
        state: dict | None = None,
    ) -> Any:
        check_inputs(query)
        kv_cache.check(query, cache, cache_index)
        query_mask = masks.get_keras_mask(query) if query_mask is None else query_mask
        written = kv_cache.start(cache, cache_index)
        start = 0 if written is None else written
        heads, memory = self.project(query, start)
        if cache is not None:
            memory = kv_cache.write(cache, memory, cache_index)
        blocks = self._blocks(query, memory["key"], use_causal_mask, written)
        limits = {
            "query_mask": query_mask,
            "key_mask": query_mask if cache is None else None,
            "attention_mask": attention_mask,
        }
        attention_context = self._view(blocks, query, memory["key"], limits, prior)
        positions = ops.arange(ops.shape(query)[1], dtype="int32") + start
        context, weights, decisions = self.attend(
            blocks.split_queries(biases.transform_all(self.bias, heads, positions)),
            blocks.split_keys(memory["key"]),
            blocks.split_keys(memory["value"]),
            attention_context,
            training,
            need_weights=return_attention_scores,
        )
        return results(
            self.output_dense(merge_heads(blocks.merge_queries(context))),
            (blocks.to_dense(weights) if return_attention_scores else None, return_attention_scores),
            (_told(blocks, decisions) if return_decisions else None, return_decisions),
            (memory, cache is not None),
            (state and attention_state.advance(state, heads), state is not None),
        )

    @property
    def reach(self) -> tuple[int | None, int | None]:
        """How many positions back and ahead a query sees."""
        backs, aheads = zip(self._window, *(bias.reach for bias in self.bias), strict=True)
        return _nearest(backs), _nearest(aheads)

    def get_config(self) -> dict:
        return {**super().get_config(), "window": self.window}

    @property
    def _window(self) -> tuple[int | None, int | None]:
        if self.window is None or isinstance(self.window, int):
            return self.window, self.window
        back, ahead = self.window
        return back, ahead

    def _blocks(self, query: Any, key: Any, causal: bool, start: Any) -> LocalBlocks:
        back, ahead = self.reach
        ahead = 0 if causal else ahead
        if back is None or ahead is None:
            raise ValueError(
                "Expected a `window`, or a bias that has a `reach`, such as `SlidingWindow`. Received: "
                f"window={self.window}, bias={self.bias}"
            )
        batch, length, _ = ops.shape(query)
        keys = ops.shape(key)[2]
        if isinstance(keys, int):
            back, ahead = min(back, keys - 1), min(ahead, keys - 1)
        return LocalBlocks(batch, length, keys, back, ahead, start)

    def _view(self, blocks: LocalBlocks, query: Any, key: Any, limits: dict, prior: Any) -> AttentionContext:
        """What the parts look at, block by block."""
        distance = blocks.query_positions[..., None] - blocks.key_positions  # (n, 1, size, span)
        near = ops.logical_and(distance <= blocks.back, distance >= -blocks.ahead)
        mask = ops.logical_and(near, blocks.valid_pairs)[None]
        for name, limit in limits.items():
            if limit is not None:
                pairs = masks.compute_attention_mask(query, key, **{name: limit})[:, None]
                mask = ops.logical_and(mask, blocks.split_pairs(pairs))
        if prior is not None:
            shape = (query.shape[0], self.num_heads, query.shape[1], key.shape[2])
            biases.check_prior(prior, shape, any(bias.needs_prior for bias in self.bias))
            prior = prior[:, None] if len(prior.shape) == 3 else prior
            prior = blocks.fold_into_batch(blocks.split_pairs(prior))
        return AttentionContext(
            query_positions=blocks.fold_into_batch(blocks.query_positions[None]),
            key_positions=blocks.fold_into_batch(blocks.key_positions[None]),
            mask=blocks.fold_into_batch(mask),
            prior=prior,
        )


def _told(blocks: LocalBlocks, decisions: dict) -> dict:
    """The decisions `(batch, heads, T)`; keys that were chosen, whole numbers, counted from the first."""
    first = blocks.fold_into_batch(blocks.key_positions[None, ..., 0])
    told = {}
    for name, decided in decisions.items():
        if "int" in keras.backend.standardize_dtype(decided.dtype):
            decided = ops.where(decided < 0, decided, decided + first)
        told[name] = blocks.merge_queries(decided)
    return told


def _nearest(limits: Sequence[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
