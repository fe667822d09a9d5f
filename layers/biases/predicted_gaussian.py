"""Gaussian bias with predicted centre and width (Luong et al. 2015, local-p; Yang et al. 2018)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias
from .gaussian import log_gaussian

_MIN_WIDTH = 0.1  # in keys; a smaller width changes only its gradient, which explodes


@keras.saving.register_keras_serializable(package="foveal")
class PredictedGaussianBias(Bias):
    """Gaussian bias with predicted centre and width (Luong et al. 2015, local-p; Yang et al. 2018).

    1. `h = tanh(W q)` for the query `q` of the head; all heads share the weights.
    2. The centre is `p = S sigmoid(v_p . h)`, with `S` the number of unmasked keys of the query.
    3. The width is `sigma = D / 2`: fixed (Luong), or predicted, `D = S sigmoid(v_d . h)` (Yang).
    4. The bias is `-(j - p)^2 / (2 sigma^2)` for the key at position `j`, counted from 0.

    Luong et al. multiply the weights after the softmax. Here, as in Yang et al., they sum to 1.

    Args:
        width: `sigma`, in positions; predicted when None.
        units: width of the hidden layer; the width of the query when None.
        kernel_initializer: initializer of `W`, `v_p` and `v_d`.

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
    fixed_sizes = ("query_dim",)

    def __init__(
        self,
        width: float | None = None,
        units: int | None = None,
        kernel_initializer: str | dict | keras.initializers.Initializer = "glorot_uniform",
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.width = width
        self.units = units
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        if width is not None and width <= 0:
            raise ValueError(f"`width` must be positive or None. Received: width={width}")

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        units = self.units or query_shape[-1]
        outputs = 1 if self.width else 2  # the centre, and the width where it is predicted
        self.hidden_dense = self._make_dense(units, "hidden", query_shape, self.dtype_policy, "tanh")
        # in the precision of the weights, because half precision cannot distinguish the keys of a long memory
        self.gaussian_dense = self._make_dense(
            outputs, "gaussian", (*query_shape[:-1], units), self.variable_dtype
        )

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        fractions = ops.sigmoid(at_least_float32(self.gaussian_dense(self.hidden_dense(query))))
        key_count = ops.expand_dims(ops.cast(attention_context.key_count, fractions.dtype), -1)
        centre = fractions[..., :1] * key_count
        width = self.width
        if width is None:
            width = ops.maximum(fractions[..., 1:] * key_count / 2, _MIN_WIDTH)
        return log_gaussian(ops.cast(attention_context.key_positions, fractions.dtype) - centre, width)

    def get_config(self) -> dict:
        return {
            **super().get_config(),
            "width": self.width,
            "units": self.units,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
        }

    def _make_dense(
        self,
        units: int,
        name: str,
        shape: tuple,
        dtype: str | keras.DTypePolicy,
        activation: str | None = None,
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
