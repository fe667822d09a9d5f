"""Monotonic chunkwise attention, MoChA (Chiu & Raffel 2018)."""

from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.tensor import Tensor
from .categorical import mode
from .distribution import Distribution
from .monotonic import Monotonic
from .monotonic_alignment import apply_mask, chunkwise_weights


@keras.saving.register_keras_serializable(package="foveal")
class MonotonicChunkwise(Distribution):
    """Monotonic chunkwise attention, MoChA: softmax over the keys up to a stop (Chiu & Raffel 2018).

    1. A query stops at key k with probability `alpha_k`, as in `Monotonic`; at inference 0 or 1.
    2. The weights are a softmax of the scores of the w keys up to k. In training this is an
       expectation, too: `beta_j = sum_{k=j}^{j+w-1} alpha_k exp(u_j) / sum_{l=k-w+1}^{k} exp(u_l)`.

    The layer `MonotonicAttention(chunk_size=w)` has separate scores for the chunks.

    Args:
        chunk_size: w.
        noise, initial_offset, seed: of the alignment, as in `Monotonic`.

    Call arguments:
        scores: `(..., Tq, Tk)`, shared by the alignment and the chunks.
        mask, training: as in `Monotonic`.
        previous: weights of the query before the first, `(..., Tk)`, whose last key with weight is
            the key at which it stopped; the first key when None.

    Returns:
        The weights, whose rows sum to 1 or less, and the decisions `{"sample": (..., Tq)}`: the most
        probable stop, int32, -1 without any.

    Raises:
        ValueError: if `chunk_size` is below 1, or if a call in training has a single query, because
            its weights do not determine the alignment. `MonotonicAttention` keeps the alignment.

    Example:
        >>> scores = np.array([[[0.0, 3.0, 3.0, 5.0, 9.0]]])
        >>> weights, decisions = MonotonicChunkwise(chunk_size=3)(scores)
        >>> np.array(weights).round(2).tolist(), np.array(decisions["sample"]).tolist()
        ([[[0.0, 0.11, 0.11, 0.79, 0.0]]], [[3]])

    Reference:
        Chiu & Raffel 2018, Monotonic Chunkwise Attention, section 2.
    """

    state_keys = ("previous",)
    is_stochastic = True
    is_ordered = True
    fixed_sizes = ("heads",)

    def __init__(
        self,
        chunk_size: int = 2,
        noise: float = 1.0,
        initial_offset: float = -4.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        if chunk_size < 1:
            raise ValueError(f"`chunk_size` must be at least 1. Received: chunk_size={chunk_size}")
        self.chunk_size = chunk_size
        self.monotonic = Monotonic(noise, initial_offset, seed, dtype=self.dtype_policy)
        self.is_stochastic = self.monotonic.is_stochastic

    def build(self, scores_shape: tuple) -> None:
        components.build_component(self.monotonic, scores_shape)

    def call(
        self,
        scores: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        previous: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        if training and scores.shape[-2] == 1:
            raise ValueError(
                "`scores` must contain all queries in training, because the weights of a chunk do not "
                "determine the alignment; `MonotonicAttention` takes queries step by step. "
                f"Received: scores of shape {tuple(scores.shape)}"
            )
        previous = None if previous is None else _last_key(previous)
        alignment = self.monotonic.align(scores, mask, training, previous)
        weights = chunkwise_weights(alignment, scores, mask, self.chunk_size)
        masked_alignment = apply_mask(alignment, mask)
        if not training:  # the next query needs the key, even if its weight underflows
            minimum = ops.maximum(weights, _min_weight(scores.dtype))
            weights = ops.where(masked_alignment > 0, minimum, weights)
        return ops.cast(weights, scores.dtype), {"sample": mode(masked_alignment)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "chunk_size": self.chunk_size,
            "noise": self.monotonic.noise,
            "initial_offset": self.monotonic.initial_offset,
            "seed": self.monotonic.seed,
        }


def _last_key(weights: Tensor) -> Tensor:
    """Return the last key with weight, one-hot; zeros without any."""
    keys = ops.arange(ops.shape(weights)[-1], dtype="int32")
    last = ops.max(ops.where(weights > 0, keys, -1), axis=-1, keepdims=True)
    return ops.cast(ops.equal(last, keys), weights.dtype)


def _min_weight(dtype: Any) -> float:
    """Return the least normal number above 0."""
    return 2.0**-14 if keras.backend.standardize_dtype(dtype) == "float16" else 2.0**-126
