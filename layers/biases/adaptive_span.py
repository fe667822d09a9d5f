"""Adaptive attention span per head (Sukhbaatar et al. 2019)."""

import math
from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias, count_heads

_MIN_SOFT_MASK = 1e-6  # lower bound of the soft mask, so that its logarithm stays finite


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveSpan(Bias):
    """Learned attention span per head with a penalty on its length (Sukhbaatar et al. 2019).

    1. The soft mask is `m_h(x) = clip((ramp + z_h - x) / ramp, 0, 1)`. Here `x = |i - j|` is the
       distance of key and query, and `z_h`, in `[0, max_span]`, is the learned span of the head.
    2. The soft mask multiplies `exp(score)`: `log m` is added to the scores, and a key with `m = 0`
       is masked.
    3. The loss `penalty * mean(z)` is in the layer's `losses`, like that of any regularizer.

    With a causal mask the span reaches back, without one it reaches to both sides. `trim` fixes the
    reach of the longest trained span; `LocalAttention` computes nothing beyond it.

    Args:
        max_span: the longest span, in positions.
        ramp: number of positions over which the soft mask falls from 1 to 0.
        initial_span: initial span of every head, in positions.
        penalty: loss per position of the mean span.
        trimmed: upper bound of the spans, set by `trim`; `max_span` when None.

    Attributes:
        span: `z`, float `(heads,)`.
        reach: number of positions back and ahead that any head can attend to.

    Raises:
        ValueError: if `ramp` or `max_span` is less than 1, or `initial_span` is outside
            `[0, max_span]`.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> span = AdaptiveSpan(max_span=64, ramp=4, initial_span=2)
        >>> layer = SelfAttention(num_heads=2, key_dim=4, bias=span)
        >>> _ = layer(np.ones((1, 3, 5)))
        >>> np.array(span.span).tolist(), span.reach
        ([2.0, 2.0], (67, 67))
        >>> span.trim()
        >>> span.reach
        (5, 5)

    Reference:
        Sukhbaatar et al. 2019, Adaptive Attention Span in Transformers, section 2.2.
    """

    state_keys = ("position",)
    fixed_sizes = ("heads",)

    def __init__(
        self,
        max_span: int = 1024,
        ramp: int = 32,
        initial_span: float = 0,
        penalty: float = 2e-6,
        trimmed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.max_span = max_span
        self.ramp = ramp
        self.initial_span = initial_span
        self.penalty = penalty
        self.trimmed = trimmed
        if ramp < 1 or not 0 <= initial_span <= max_span or max_span < 1:
            raise ValueError(
                "`ramp` and `max_span` must be at least 1 and `initial_span` must be in [0, max_span]. "
                f"Received: ramp={ramp}, max_span={max_span}, initial_span={initial_span}"
            )

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.span_fraction = self.add_weight(  # of `max_span`, which makes the learning rate scale-free
            shape=(count_heads(query_shape),),
            initializer=keras.initializers.Constant(self.initial_span / self.max_span),
            regularizer=lambda span_fraction: self.penalty * self.max_span * ops.mean(span_fraction),
            constraint=lambda span_fraction: ops.clip(span_fraction, 0.0, self._span_limit / self.max_span),
            autocast=False,
            name="span_fraction",
        )

    @property
    def span(self) -> Tensor:
        return self.span_fraction * self.max_span

    @property
    def reach(self) -> tuple[int, int]:
        distance = self._span_limit + self.ramp - 1
        return distance, distance

    def trim(self) -> None:
        """Fix the `reach` to what the trained spans need; no output changes.

        Compile the model again before further training: spans cannot grow beyond the new limit.

        Raises:
            ValueError: if the layer is not built.
        """
        if not self.built:
            raise ValueError(f"The layer must be built before `trim`. Received: {self}")
        self.trimmed = math.ceil(ops.convert_to_numpy(ops.max(self.span)))

    def update_mask(self, mask: Tensor | None, attention_context: AttentionContext) -> Tensor | None:
        within_span = self._margin(attention_context) > 0
        return within_span if mask is None else ops.logical_and(mask, within_span)

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        return ops.log(ops.clip(self._margin(attention_context) / self.ramp, _MIN_SOFT_MASK, 1.0))

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "max_span": self.max_span,
            "ramp": self.ramp,
            "initial_span": self.initial_span,
            "penalty": self.penalty,
            "trimmed": self.trimmed,
        }

    @property
    def _span_limit(self) -> int:
        return self.max_span if self.trimmed is None else self.trimmed

    def _margin(self, attention_context: AttentionContext) -> Tensor:
        """Distance of each key from the end of the ramp, `(..., heads, Tq, Tk)`; negative beyond it."""
        span = at_least_float32(self.span)[:, None, None]
        return self.ramp + span - ops.cast(ops.abs(attention_context.distance), span.dtype)
