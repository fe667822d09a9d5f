"""A bell whose place and width each query predicts for itself."""

from typing import Any

import keras
from keras import ops

from .attention_context import AttentionContext
from .bias import Bias
from .gaussian import log_gaussian

_NARROWEST = 0.1  # keys; a narrower bell would change nothing but its gradient, which explodes


@keras.saving.register_keras_serializable(package="foveal")
class PredictedGaussianBias(Bias):
    """Each query predicts where to lean, and how narrowly (Luong 2015's local-p; Yang 2018).

    1. `h = tanh(W q)`, the query `q` of the head; the weights are shared by all heads;
    2. the centre `p = S sigmoid(v_p . h)`, with `S` the number of keys that the query may see;
    3. the width `sigma = D / 2`: fixed (Luong), or predicted, `D = S sigmoid(v_d . h)` (Yang);
    4. `-(j - p)^2 / (2 sigma^2)` for the key at position `j`, counted from 0.

    Luong et al. multiply the weights after the softmax; here, as with Yang et al., they sum to 1.

    Args:
        width: `sigma`, in positions; predicted when None.
        units: of the hidden layer; the width of the query when None.
        kernel_initializer: of `W`, `v_p` and `v_d`.

    Raises:
        ValueError: if `width` is not positive.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias=PredictedGaussianBias(width=5.0))
        >>> tuple(layer(np.ones((1, 3, 4)), np.ones((1, 9, 4))).shape)
        (1, 3, 4)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.2; Yang et al.
        2018, Modeling Localness for Self-Attention Networks, section 3.
    """

    needs_lengths = True

    def __init__(
        self,
        width: float | None = None,
        units: int | None = None,
        kernel_initializer: Any = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.width = width
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if width is not None and width <= 0:
            raise ValueError(f"`width` must be positive or None. Received: {width}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        units = self.units or query_shape[-1]
        predicted = 1 if self.width else 2
        self.hidden_dense = self._dense(units, "hidden", query_shape, self.dtype_policy, "tanh")
        # in float32, as half precision cannot tell apart the keys of a long memory
        self.gaussian_dense = self._dense(predicted, "bell", (*query_shape[:-1], units), "float32")

    def compute_bias(self, query: Any, key: Any, attention_context: AttentionContext) -> Any:
        shares = ops.sigmoid(self.gaussian_dense(self.hidden_dense(query)))
        centre = shares[..., :1] * attention_context.key_count[..., None]
        if self.width is None:
            width = ops.maximum(shares[..., 1:] * attention_context.key_count[..., None] / 2, _NARROWEST)
        else:
            width = self.width
        return log_gaussian(ops.cast(attention_context.key_positions, "float32") - centre, width)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "width": self.width,
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _dense(
        self, units: int, name: str, shape: tuple, dtype: Any, activation: str | None = None
    ) -> keras.layers.Dense:
        dense = keras.layers.Dense(
            units,
            activation,
            use_bias=False,
            kernel_initializer=self.kernel_initializer.clone(),
            dtype=dtype,
            name=name,
        )
        dense.build(shape)
        return dense
