"""Each head learns how far it needs to see (Sukhbaatar et al. 2019)."""

import math
from typing import Any

import keras
from keras import ops

from .attention_context import AttentionContext
from .bias import Bias, count_heads

_LEAST = 1e-6  # of the soft mask where it is not 0, so that its logarithm stays finite


@keras.saving.register_keras_serializable(package="foveal")
class AdaptiveSpan(Bias):
    """Each head learns how far it sees, and pays for it (Sukhbaatar et al. 2019).

    1. the soft mask `m_h(x) = clip((ramp + z_h - x) / ramp, 0, 1)`, where `x = |i - j|` is the
       distance of key and query and `z_h`, in `[0, max_span]`, the learned span of the head;
    2. it multiplies `exp(score)`: `log m` is added to the scores, and a key with `m = 0` is masked;
    3. the loss `penalty * mean(z)`, in the layer's `losses` like that of any regularizer.

    Behind a causal mask the span reaches back, without one to both sides. `trim` fixes how far the
    longest trained span reaches; `LocalAttention` computes nothing beyond it.

    Args:
        max_span: the longest span, in positions.
        ramp: over how many positions the mask falls from 1 to 0.
        initial_span: of every head, in positions.
        penalty: the price of one position.
        trimmed: the longest span that is left, as `trim` found it; `max_span` when None.

    Attributes:
        span: `z`, float `(heads,)`.
        reach: how far back and ahead any head can see.

    Raises:
        ValueError: if `ramp` is less than 1, or `initial_span` is outside `[0, max_span]`.

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
                "Expected `ramp` and `max_span` of at least 1 and `initial_span` in [0, max_span]. "
                f"Received: ramp={ramp}, max_span={max_span}, initial_span={initial_span}"
            )

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.span_fraction = self.add_weight(  # of `max_span`: any learning rate then suits any `max_span`
            shape=(count_heads(query_shape),),
            initializer=keras.initializers.Constant(self.initial_span / self.max_span),
            regularizer=lambda span_fraction: self.penalty * self.max_span * ops.mean(span_fraction),
            constraint=lambda span_fraction: ops.clip(span_fraction, 0.0, self._longest / self.max_span),
            autocast=False,
            name="share",
        )

    @property
    def span(self) -> Any:
        return self.span_fraction * self.max_span

    @property
    def reach(self) -> tuple[int, int]:
        farthest = self._longest + self.ramp - 1
        return farthest, farthest

    def trim(self) -> None:
        """Fixes the `reach` that the trained spans need; no output changes.

        Compile the model again before it is trained on: spans cannot grow beyond it any more.
        """
        if not self.built:
            raise ValueError(f"Expected a layer that is built or was called. Received: {self}")
        self.trimmed = math.ceil(ops.convert_to_numpy(ops.max(self.span)))

    def update_mask(self, mask: Any, attention_context: AttentionContext) -> Any:
        seen = self._room(attention_context) > 0
        return seen if mask is None else ops.logical_and(mask, seen)

    def compute_bias(self, query: Any, key: Any, attention_context: AttentionContext) -> Any:
        return ops.log(ops.clip(self._room(attention_context) / self.ramp, _LEAST, 1.0))

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
    def _longest(self) -> int:
        return self.max_span if self.trimmed is None else self.trimmed

    def _room(self, attention_context: AttentionContext) -> Any:
        """How far each key lies before the end of the ramp, `(..., heads, Tq, Tk)`."""
        distance = ops.cast(ops.abs(attention_context.distance), "float32")
        return self.ramp + self.span[:, None, None] - distance
