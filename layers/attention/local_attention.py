"""Sliding-window self-attention with linear time and memory (Luong et al. 2015; Beltagy et al. 2020)."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from .. import biases
from ..biases import AttentionContext
from ..functional import masks
from ..functional.local_blocks import LocalBlocks
from ..functional.tensor import Tensor
from ..scores import Location
from .attention_inputs import AttentionInputs
from .attention_weights import AttentionWeights
from .fused_qkv_attention import FusedQKVAttention


@keras.saving.register_keras_serializable(package="foveal")
class LocalAttention(FusedQKVAttention):
    """Sliding-window self-attention (Luong et al. 2015; Beltagy et al. 2020).

    The same as `SelfAttention` with a `SlidingWindow` as bias, and with the same weights, but nothing
    outside the window is computed: each block of queries attends to two blocks of neighbouring keys. Each
    step of cached decoding reads only the window.

    Args:
        num_heads: number of heads.
        key_dim: width of queries and keys of each head.
        window: number of positions that a query attends to on each side, or `(back, ahead)`; None for the
            `reach` of the biases: `SlidingWindow`, a trimmed `AdaptiveSpan`.
        **kwargs: the further arguments of `SelfAttention`.

    Call arguments:
        query: `(batch, T, dim)`.
        query_mask, attention_mask, return_attention_scores, return_decisions, training,
            use_causal_mask, cache, cache_index, prior, state: as in `SelfAttention`. A mask or a
            prior of T rows, and returned weights, take memory for T * Tk pairs.

    Returns:
        As `SelfAttention`.

    Raises:
        ValueError: if neither `window` nor a bias limits the window, a component needs keys outside the
            window, or ranks, widths, masks or caches do not fit.

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
            raise ValueError(f"`window` must not be negative. Received: window={window}")
        _check_components(self)

    @property
    def reach(self) -> tuple[int | None, int | None]:
        """Number of positions back and ahead that a query attends to."""
        backs, aheads = zip(self._window, *(bias.reach for bias in self.bias), strict=True)
        return _min_limit(backs), _min_limit(aheads)

    def get_config(self) -> dict:
        return {**super().get_config(), "window": self.window}

    @property
    def _window(self) -> tuple[int | None, int | None]:
        if self.window is None or isinstance(self.window, int):
            return self.window, self.window
        back, ahead = self.window
        return back, ahead

    def _attend_memory(
        self,
        query: Tensor,
        memory: dict[str, Tensor],
        inputs: AttentionInputs,
        training: bool | None,
        need_weights: bool,
    ) -> tuple[Tensor, AttentionWeights]:
        if inputs.positions is not None or inputs.key_positions is not None:
            raise ValueError(
                "LocalAttention reads its keys in order, without `positions` and `key_positions`. Received: "
                f"positions={inputs.positions}, key_positions={inputs.key_positions}"
            )
        blocks = self._make_blocks(inputs, memory["key"])
        positions = inputs.query_positions()
        sentinel = self.make_sentinel(inputs, positions)
        output, weights = self.attend(
            blocks.split_queries(biases.transform_all(self.bias, query, positions)),
            {name: blocks.split_keys(memory[name]) for name in ("key", "value")},
            self._block_context(blocks, inputs, memory["key"]),
            training,
            None if sentinel is None else tuple(blocks.split_queries(x) for x in sentinel),
            need_weights,
        )
        dense = blocks.to_dense(weights.weights) if need_weights else None
        return blocks.merge_queries(output), AttentionWeights(
            dense, _merge_decisions(blocks, weights.decisions)
        )

    def _make_blocks(self, inputs: AttentionInputs, key: Tensor) -> LocalBlocks:
        back, ahead = self.reach
        ahead = 0 if inputs.use_causal_mask else ahead
        if back is None or ahead is None:
            raise ValueError(
                "`window` must be given, or a `bias` that has a `reach`, such as `SlidingWindow`. Received: "
                f"window={self.window}, bias={self.bias}"
            )
        batch, length, _ = ops.shape(inputs.query)
        key_length = ops.shape(key)[2]
        if isinstance(key_length, int):
            back, ahead = min(back, key_length - 1), min(ahead, key_length - 1)
        return LocalBlocks(batch, length, key_length, back, ahead, inputs.start)

    def _block_context(self, blocks: LocalBlocks, inputs: AttentionInputs, key: Tensor) -> AttentionContext:
        """The `AttentionContext` of the blocks, which are folded into the batch."""
        distance = (
            ops.expand_dims(blocks.query_positions, -1) - blocks.key_positions
        )  # (blocks, 1, size, span)
        near = ops.logical_and(distance <= blocks.back, distance >= -blocks.ahead)
        mask = ops.logical_and(near, blocks.valid_pairs)[None]
        for name in ("query_mask", "key_mask", "attention_mask"):
            given = getattr(inputs, name)
            if given is not None:
                pairs = masks.compute_attention_mask(
                    inputs.query, key, **{name: given}, num_heads=self.num_heads
                )
                pairs = pairs if len(pairs.shape) == 4 else pairs[:, None]  # pyright: ignore[reportOptionalSubscript, reportOptionalMemberAccess]
                mask = ops.logical_and(mask, blocks.split_pairs(pairs))
        prior = self._checked_prior(inputs, key)
        return AttentionContext(
            query_positions=blocks.fold_into_batch(blocks.query_positions[None]),
            key_positions=blocks.fold_into_batch(blocks.key_positions[None]),
            mask=blocks.fold_into_batch(mask),
            prior=None if prior is None else blocks.fold_into_batch(blocks.split_pairs(prior)),
        )


def _check_components(layer: LocalAttention) -> None:
    """Raise a `ValueError` if a component reads keys outside the window or earlier queries."""
    unfit = [part for part in (*layer.bias, layer.distribution) if set(part.state_keys) - {"position"}]
    unfit += [bias for bias in layer.bias if bias.needs_lengths]
    unfit += [layer.score] if isinstance(layer.score, Location) else []
    if unfit:
        raise ValueError(
            "`score`, `bias` and `distribution` of LocalAttention must need neither keys outside the window "
            f"nor earlier queries. Received: {unfit}"
        )


def _merge_decisions(blocks: LocalBlocks, decisions: dict[str, Tensor]) -> dict[str, Tensor]:
    """Merge decisions to `(batch, heads, T)`.

    Integers are indices of keys and become those of the sequence; that of a sentinel is the key length.
    """
    first = blocks.fold_into_batch(blocks.key_positions[None, ..., 0])
    merged = {}
    for name, decision in decisions.items():
        if "int" in keras.backend.standardize_dtype(decision.dtype):
            index = ops.where(decision < 0, decision, decision + first)
            decision = ops.where(decision == blocks.key_span, blocks.key_length, index)
        merged[name] = blocks.merge_queries(decision)
    return merged


def _min_limit(limits: Sequence[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
