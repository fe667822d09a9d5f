"""Hard monotonic attention (Raffel et al. 2017)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .categorical import mode
from .distribution import Distribution
from .monotonic_alignment import apply_mask, monotonic_alignment


@keras.saving.register_keras_serializable(package="foveal")
class Monotonic(Distribution):
    """Hard monotonic attention: each query continues from the last key (Raffel et al. 2017).

    1. `p = sigmoid(scores + r + noise)` is the probability that a query stops at a key that it
       inspects.
    2. In training the weights are expectations: the probability that the query, which starts at the
       key of the query before, stops at a key (see `monotonic_alignment`).
    3. At inference it stops at the first key with `p > 1/2`. If no key up to the end has it, the
       weights are 0, for all further queries, too.

    The noise drives the scores away from 0 in training, so that rounding p at inference changes
    little.

    Args:
        noise: standard deviation of the noise that is added to the scores in training.
        initial_offset: initial value of the learned `r`, one for each head. More keys need a lower
            value: at first a query stops at each key with a probability of about sigmoid(r).
        seed: seed of the noise; None for another one in each process.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None. A masked
            key is passed; a query whose keys are all masked leaves the position unchanged.
        training: whether the weights are expectations, with noise.
        previous: alignment of the query before the first, `(..., Tk)`; the first key when None.

    Returns:
        The weights, whose rows sum to 1 or less, and the decisions `{"sample": (..., Tq)}`: the key
        with the largest weight, int32, -1 without any.

    Raises:
        ValueError: if `noise` is below 0.

    Example:
        >>> scores = np.array([[[-9.0, 9.0, 9.0], [9.0, -9.0, 9.0]]])
        >>> weights, _ = Monotonic()(scores)
        >>> np.array(weights).tolist()
        [[[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]]

    Reference:
        Raffel et al. 2017, Online and Linear-Time Attention by Enforcing Monotonic Alignments,
        sections 2.2 to 2.5.
    """

    state_keys = ("previous",)
    is_stochastic = True
    is_hard = True
    is_ordered = True
    fixed_sizes = ("heads",)

    def __init__(
        self, noise: float = 1.0, initial_offset: float = -4.0, seed: int | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        if noise < 0:
            raise ValueError(f"`noise` must be at least 0. Received: noise={noise}")
        self.noise = noise
        self.initial_offset = initial_offset
        self.seed = seed
        self.is_stochastic = noise > 0
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, scores_shape: tuple) -> None:
        self.offset = self.add_weight(
            shape=scores_shape[1:-2],
            initializer=keras.initializers.Constant(self.initial_offset),
            autocast=False,
            name="offset",
        )

    def call(
        self,
        scores: Tensor,
        mask: Tensor | None = None,
        training: bool | None = None,
        previous: Tensor | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        weights = apply_mask(self.align(scores, mask, training, previous), mask)
        return ops.cast(weights, scores.dtype), {"sample": mode(weights)}

    def align(
        self, scores: Tensor, mask: Tensor | None, training: bool | None, previous: Tensor | None
    ) -> Tensor:
        """Compute the alignment of each query, `(..., Tq, Tk)`, float32 or wider.

        It includes the queries whose keys are all masked: these keep the alignment of the query
        before. Arguments are those of `call`.
        """
        probabilities = self.selection_probabilities(scores, training)
        if mask is not None:
            has_key = ops.any(mask, axis=-1, keepdims=True)
            masked = ops.where(has_key, ops.zeros_like(probabilities), ops.ones_like(probabilities))
            probabilities = ops.where(mask, probabilities, masked)  # stopping at once keeps the position
        if previous is None:
            first = ops.arange(ops.shape(scores)[-1]) == 0
            previous = ops.broadcast_to(
                ops.cast(first, probabilities.dtype), ops.shape(probabilities[..., 0, :])
            )
        return monotonic_alignment(probabilities, ops.cast(previous, probabilities.dtype))

    def selection_probabilities(self, scores: Tensor, training: bool | None = None) -> Tensor:
        """Compute the probability `p_ij` that query i stops at key j when it inspects it.

        Args:
            scores: `(..., Tq, Tk)`.
            training: whether noise is added.

        Returns:
            Like `scores`, float32 or wider; at inference 0 or 1.
        """
        scores = at_least_float32(scores)
        dtype = keras.backend.standardize_dtype(scores.dtype)
        scores = scores + ops.cast(self.offset, dtype)[..., None, None]
        if not training:
            return ops.cast(scores > 0, dtype)
        if self.noise:
            noise = keras.random.normal(ops.shape(scores), dtype=dtype, seed=self.seed_generator)
            scores = scores + self.noise * noise
        return ops.sigmoid(scores)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "noise": self.noise,
            "initial_offset": self.initial_offset,
            "seed": self.seed,
        }
