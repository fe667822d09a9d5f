"""Base class of attention distributions."""

from typing import Any, TypeAlias

import keras

from ..functional.output_spec import traced_output_shape, traced_output_spec
from ..functional.tensor import Tensor, TensorTree


class Distribution(keras.layers.Layer):
    """Base class of attention distributions: `distribution(scores, mask, training) -> weights, decisions`.

    Subclasses implement `call`.

    Call arguments:
        scores: `(..., Tq, Tk)`.
        mask: boolean that broadcasts to `scores`, True for keys that take part; or None.
        training: whether the call is a training step.
        previous: weights of the query before the first, `(..., Tk)`, given if `state_keys` has
            `"previous"`.

    Returns:
        The weights, of the shape and dtype of `scores`, and a dict of decisions, each `(..., Tq)`.

    Attributes:
        state_keys: state of earlier queries that the distribution needs: `"previous"`.
        is_stochastic: whether it samples in training.
        is_hard: whether each query attends to one key at inference.
        is_ordered: whether the order of the keys matters, which excludes a sentinel.
        fixed_sizes: `("heads",)` if the weights depend on the number of heads; layers that share the
            distribution must have the same.

    Example:
        >>> class Uniform(Distribution):
        ...     def call(self, scores, mask=None, training=None):
        ...         return keras.ops.full_like(scores, 1 / scores.shape[-1]), {}
        >>> weights, decisions = Uniform()(np.ones((1, 2, 4)))
        >>> np.array(weights[0, 0]).tolist(), decisions
        ([0.25, 0.25, 0.25, 0.25], {})
    """

    state_keys: tuple[str, ...] = ()
    is_stochastic: bool = False
    is_hard: bool = False
    is_ordered: bool = False
    fixed_sizes: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any):
        super().__init__(autocast=False, **kwargs)  # scores may have more precision than the layer

    def build(self, scores_shape: tuple) -> None:
        """Create the weights, none by default."""

    def compute_mask(self, inputs: Tensor, previous_mask: Tensor | None) -> None:
        """Return None: the weights have no Keras mask."""

    def compute_output_shape(self, scores_shape: tuple) -> Any:
        """Return the shape of the weights, and a dict of those of the decisions."""
        return traced_output_shape(self, scores_shape)

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> TensorTree:
        return traced_output_spec(self, *args, **kwargs)

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()


DistributionLike: TypeAlias = str | dict | Distribution  # a name, a config or an instance
