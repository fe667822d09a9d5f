"""A walk over the keys, and a look back from where it stops (Chiu & Raffel 2018)."""

from typing import Any

import keras
from keras import ops

from .categorical import mode
from .distribution import Distribution
from .monotonic import Monotonic
from .monotonic_alignment import apply_mask, chunkwise_weights


@keras.saving.register_keras_serializable(package="foveal")
class MonotonicChunkwise(Distribution):
    """Looks at the last keys up to the one at which a walk stops (MoChA, Chiu & Raffel 2018).

    1. the walk stops at key k with probability `alpha_k`, as in `Monotonic`, at inference 0 or 1;
    2. the weights are a softmax of the scores of the w keys up to k; in training this, too, is an
       expectation: `beta_j = sum_{k=j}^{j+w-1} alpha_k exp(u_j) / sum_{l=k-w+1}^{k} exp(u_l)`.

    With scores of its own for the chunks it is the layer `MonotonicAttention(chunk_size=w)`.

    Args:
        chunk_size: w.
        noise, initial_offset, seed: of the walk, as in `Monotonic`.

    Call arguments:
        scores: `(..., Tq, Tk)`, which the walk and the chunks share.
        mask, training: as in `Monotonic`.
        previous: the weights of the query before, `(..., Tk)`, of which the last key is where the
            walk stands; at the first key when None.

    Returns:
        The weights, a row sums to 1 or less; and what was decided, `{"sample": (..., Tq)}`: the key
        at which the walk most likely stops, int32, -1 where there is none.

    Raises:
        ValueError: if `chunk_size` is below 1; or if queries come one by one in training, when their
            weights do not tell where the walk may stand. `MonotonicAttention` knows.

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
            raise ValueError(f"`chunk_size` must be at least 1. Received: {chunk_size}")
        self.chunk_size = chunk_size
        self.monotonic = Monotonic(noise, initial_offset, seed, dtype=self.dtype_policy)
        self.is_stochastic = self.monotonic.is_stochastic

    def build(self, scores_shape: tuple) -> None:
        if not self.monotonic.built:
            self.monotonic.build(scores_shape)

    def call(
        self, scores: Any, mask: Any = None, training: bool | None = None, previous: Any = None
    ) -> tuple[Any, dict]:
        if training and scores.shape[-2] == 1:
            raise ValueError(
                "Where a walk stands after a query is not told by the weights of its chunk: in training "
                "expected all queries at once, or `MonotonicAttention`. Received scores of shape "
                f"{tuple(scores.shape)}"
            )
        previous = None if previous is None else _last(previous)
        alignment = self.monotonic.align(scores, mask, training, previous)
        weights = chunkwise_weights(alignment, scores, mask, self.chunk_size)
        stopped = apply_mask(alignment, mask)
        if not training:  # the next query must find the key, however little weight is left to it
            weights = ops.where(stopped > 0, ops.maximum(weights, _least(scores.dtype)), weights)
        return ops.cast(weights, scores.dtype), {"sample": mode(stopped)}

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "chunk_size": self.chunk_size,
            "noise": self.monotonic.noise,
            "initial_offset": self.monotonic.initial_offset,
            "seed": self.monotonic.seed,
        }


def _last(weights: Any) -> Any:
    """The last key with weight, one-hot; zeros where there is none."""
    keys = ops.arange(ops.shape(weights)[-1], dtype="int32")
    last = ops.max(ops.where(weights > 0, keys, -1), axis=-1, keepdims=True)
    return ops.cast(ops.equal(last, keys), "float32")


def _least(dtype: Any) -> float:
    """The least normal number above 0."""
    return 2.0**-14 if keras.backend.standardize_dtype(dtype) == "float16" else 2.0**-126
