"""Gaussian locality bias with fixed centre and width (Luong et al. 2015; Yang et al. 2018)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias


@keras.saving.register_keras_serializable(package="foveal")
class GaussianBias(Bias):
    """Gaussian bias of fixed width, centred at the query's position (Luong et al. 2015).

    The bias is `-(j - i)^2 / (2 width^2)` for the query at `i` and the key at `j`: the weights are
    multiplied by a Gaussian and normalized again. `DiagonalBias` serves a memory of another length
    than the queries; `PredictedGaussianBias` predicts centre and width from the query.

    Args:
        width: standard deviation in positions. A window of `D` keys on each side has `D / 2`; the
            default is that of the paper's window of 10.

    Raises:
        ValueError: if `width` is not positive.

    Example:
        >>> from foveal.layers import SelfAttention
        >>> layer = SelfAttention(num_heads=2, key_dim=4, bias=GaussianBias(width=2.0))
        >>> tuple(layer(np.ones((1, 3, 5))).shape)
        (1, 3, 5)

    Reference:
        Luong et al. 2015, Effective Approaches to Attention-based NMT, section 3.2; Yang et al.
        2018, Modeling Localness for Self-Attention Networks (as a bias).
    """

    state_keys = ("position",)

    def __init__(self, width: float = 5.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.width = width
        if width <= 0:
            raise ValueError(f"`width` must be positive. Received: width={width}")

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        return log_gaussian(
            ops.cast(attention_context.distance, working_dtype(self.compute_dtype)), self.width
        )

    def get_config(self) -> dict:
        return {**super().get_config(), "width": self.width}


def log_gaussian(distance: Tensor, width: float | Tensor) -> Tensor:
    """Return the logarithm of a Gaussian with peak 1 at distance 0 and standard deviation `width`."""
    return -0.5 * ops.square(distance / width)
