"""Attention biases: prior preferences that are added to the scores or narrow the mask (the bias slot)."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from ..functional.precision import working_dtype
from ..functional.tensor import Tensor
from .adaptive_span import AdaptiveSpan
from .alibi import AlibiBias
from .attention_context import AttentionContext, count_queries
from .bias import Bias, BiasLike
from .coverage import CoverageBias
from .diagonal import DiagonalBias
from .gaussian import GaussianBias
from .learned import LearnedBias
from .predicted_gaussian import PredictedGaussianBias
from .prior import PriorBias, check_prior
from .relative import RelativeBias
from .rotary import Rotary
from .window import SlidingWindow

__all__ = [
    "REGISTRY",
    "AdaptiveSpan",
    "AlibiBias",
    "AttentionContext",
    "Bias",
    "CoverageBias",
    "DiagonalBias",
    "GaussianBias",
    "LearnedBias",
    "PredictedGaussianBias",
    "PriorBias",
    "RelativeBias",
    "Rotary",
    "SlidingWindow",
    "add_biases",
    "check_prior",
    "count_queries",
    "get",
    "transform_all",
    "update_mask",
]

REGISTRY: dict[str, type] = {
    "adaptive_span": AdaptiveSpan,
    "alibi": AlibiBias,
    "coverage": CoverageBias,
    "diagonal": DiagonalBias,
    "gaussian": GaussianBias,
    "learned": LearnedBias,
    "predicted_gaussian": PredictedGaussianBias,
    "prior": PriorBias,
    "relative": RelativeBias,
    "rotary": Rotary,
    "window": SlidingWindow,
}
"""Classes of the biases by their names."""
_FLOAT16_LIMIT = 3e4  # float16 ends at 65,504, and the sum of bias and score must fit


def get(identifier: BiasLike | None, **arguments: Any) -> list[Bias]:
    """Resolve biases from names, configs or instances.

    Args:
        identifier: None, a name in `REGISTRY`, a serialized bias, a `Bias`, or a list of these.
        **arguments: constructor arguments, used where an identifier is a name.

    Returns:
        A list of biases, empty for None.

    Raises:
        ValueError: if an identifier is none of these.
    """
    if identifier is None:
        return []
    identifiers = identifier if isinstance(identifier, (list, tuple)) else [identifier]
    return [components.get_component(item, REGISTRY, Bias, **arguments) for item in identifiers]


def transform_all(biases: Sequence[Bias], inputs: Tensor, positions: Tensor) -> Tensor:
    """Apply `Bias.transform` of every bias to queries or keys.

    Args:
        biases: a sequence of `Bias`.
        inputs: `(..., T, dim)`.
        positions: int, broadcasts to `(..., T)`.

    Returns:
        A tensor like `inputs`.
    """
    for bias in biases:
        inputs = bias.transform(inputs, positions)
    return inputs


def update_mask(biases: Sequence[Bias], attention_context: AttentionContext) -> AttentionContext:
    """Return the context with its mask narrowed by `Bias.update_mask` of every bias."""
    for bias in biases:
        mask = bias.update_mask(attention_context.mask, attention_context)
        attention_context = dataclasses.replace(attention_context, mask=mask)
    return attention_context


def add_biases(
    biases: Sequence[Bias], scores: Tensor, query: Tensor, key: Tensor, attention_context: AttentionContext
) -> Tensor:
    """Add `Bias.compute_bias` of every bias to the scores.

    Args:
        biases: a sequence of `Bias`.
        scores: a scalar, or a tensor that broadcasts with `(..., Tq, Tk)`.
        query: `(..., Tq, dim)`, transformed by the biases.
        key: `(..., Tk, key_dim)`, projected by the score.
        attention_context: positions, mask, prior and state.

    Returns:
        The scores plus all biases, in the dtype of the scores; `scores` itself without any bias.
    """
    terms = [bias.compute_bias(query, key, attention_context) for bias in biases]
    dtype = working_dtype(scores.dtype)
    terms = [ops.cast(term, dtype) for term in terms if term is not None]
    if not terms:
        return scores
    total = sum(terms[1:], terms[0])
    if keras.backend.standardize_dtype(scores.dtype) == "float16":
        total = ops.clip(total, -_FLOAT16_LIMIT, _FLOAT16_LIMIT)  # softmax of infinities is NaN
    return scores + ops.cast(total, scores.dtype)
