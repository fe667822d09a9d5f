"""A walk over the keys that never turns back (Raffel et al. 2017)."""

from typing import Any

import keras
from keras import ops

from .categorical import mode
from .distribution import Distribution
from .monotonic_alignment import apply_mask, monotonic_alignment


@keras.saving.register_keras_serializable(package="foveal")
class Monotonic(Distribution):
    """Looks at one key after the other, never at one before the last (Raffel et al. 2017).

    1. `p = sigmoid(scores + r + noise)`: the chance to stop at a key, had the walk come to it;
    2. in training the weights are expected ones: the probability that the walk, which goes on from
       where the query before stopped, stops at a key (see `monotonic_alignment`);
    3. at inference it stops at the first key with `p > 1/2`. Where there is none up to the end,
       the weights are 0, for all further queries too.

    The noise drives the scores away from 0 in training, so that inference, which rounds p, does
    little that training did not.

    Args:
        noise: standard deviation of the noise added to the scores in training.
        initial_offset: what the learned `r`, one for each head, starts from. The more keys there
            are, the lower: at first the walk stops at each with a chance of about sigmoid(r).
        seed: of the noise; None for one that differs at every start.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True where a key may be seen; or None. A masked
            key is passed; a query without any key leaves the walk where it stands.
        training: whether the weights are expected ones, with noise.
        previous: where the walk stands, `(..., Tk)`; at the first key when None.

    Returns:
        The weights, a row sums to 1 or less; and what was decided, `{"sample": (..., Tq)}`: the key
        that has the most, int32, -1 where there is none.

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

    def __init__(
        self, noise: float = 1.0, initial_offset: float = -4.0, seed: int | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        if noise < 0:
            raise ValueError(f"`noise` must be at least 0. Received: {noise}")
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
        self, scores: Any, mask: Any = None, training: bool | None = None, previous: Any = None
    ) -> tuple[Any, dict]:
        weights = apply_mask(self.align(scores, mask, training, previous), mask)
        return ops.cast(weights, scores.dtype), {"sample": mode(weights)}

    def align(self, scores: Any, mask: Any, training: bool | None, previous: Any) -> Any:
        """Where the walk stands after each query, float32 `(..., Tq, Tk)`, those without keys too."""
        probabilities = self.selection_probabilities(scores, training)
        if mask is not None:
            seeing = ops.any(mask, axis=-1, keepdims=True)
            masked = ops.where(seeing, ops.zeros_like(probabilities), ops.ones_like(probabilities))
            probabilities = ops.where(mask, probabilities, masked)  # to stop at once is to stay
        if previous is None:
            first = ops.cast(ops.arange(ops.shape(scores)[-1]) == 0, "float32")
            previous = ops.broadcast_to(first, ops.shape(probabilities[..., 0, :]))
        return monotonic_alignment(probabilities, ops.cast(previous, "float32"))

    def selection_probabilities(self, scores: Any, training: bool | None = None) -> Any:
        """How likely a query stops at a key that it comes to; at inference 0 or 1, float32."""
        scores = ops.cast(scores, "float32") + ops.cast(self.offset, "float32")[..., None, None]
        if not training:
            return ops.cast(scores > 0, "float32")
        if self.noise:
            scores = scores + self.noise * keras.random.normal(ops.shape(scores), seed=self.seed_generator)
        return ops.sigmoid(scores)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "noise": self.noise,
            "initial_offset": self.initial_offset,
            "seed": self.seed,
        }
