"""Coverage bias: a learned penalty on keys with earlier attention (Tu et al. 2016; See et al. 2017)."""

from typing import Any

import keras
from keras import ops

from ..functional.precision import at_least_float32
from ..functional.tensor import Tensor
from .attention_context import AttentionContext
from .bias import Bias, count_heads


@keras.saving.register_keras_serializable(package="foveal")
class CoverageBias(Bias):
    """Coverage bias with a learned weight per head (Tu et al. 2016; See et al. 2017).

    The bias is `-w_h c_j`. The coverage `c_j` is the sum of the weights that key `j` received from
    all earlier queries. The coverage weight `w_h` starts at `strength`; training can make it
    negative.

    Queries are computed sequentially, because each one needs the weights of those before it. In
    step-by-step decoding the layer keeps the coverage in its `state`.

    Args:
        strength: initial coverage weight, the penalty for a coverage of 1.

    Example:
        >>> from foveal.layers import SoftAttention
        >>> layer = SoftAttention(bias=CoverageBias(strength=5.0))
        >>> query, value = np.zeros((1, 2, 3)), np.zeros((1, 2, 3))
        >>> first_key_only = np.array([[[True, False], [True, True]]])
        >>> _, weights = layer(
        ...     query, value, attention_mask=first_key_only, return_attention_scores=True
        ... )
        >>> np.array(weights[0] > 0.5).tolist()
        [[True, False], [False, True]]

    Reference:
        Tu et al. 2016, Modeling Coverage for Neural Machine Translation, section 3; See et al.
        2017, Get To The Point: Summarization with Pointer-Generator Networks, section 2.3.
    """

    state_keys = ("coverage",)
    fixed_sizes = ("heads",)

    def __init__(self, strength: float = 1.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.strength = strength

    def build(self, query_shape: tuple, key_shape: tuple) -> None:
        self.coverage_weight = self.add_weight(
            shape=(count_heads(query_shape), 1),
            initializer=keras.initializers.Constant(self.strength),
            autocast=False,
            name="coverage_weight",
        )

    def compute_bias(self, query: Tensor, key: Tensor, attention_context: AttentionContext) -> Tensor:
        coverage = at_least_float32(attention_context.coverage)
        return -(ops.cast(self.coverage_weight, coverage.dtype) * coverage)[..., None, :]

    def get_config(self) -> dict:
        return {**super().get_config(), "strength": self.strength}
