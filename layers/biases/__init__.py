"""Where to lean, whatever is relevant: the bias slot. Several biases add up."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from ..functional import components
from .adaptive_span import AdaptiveSpan
from .alibi import AlibiBias
from .attention_context import AttentionContext, count_queries
from .bias import Bias
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
    "check_prior",
    "add_biases",
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
_FARTHEST = 3e4  # float16 ends at 65,504, and a score must fit beside it


def get(identifier: Any, **arguments: Any) -> list[Bias]:
    """Turns None, a name, a part, or a list of names and parts into the parts of the bias slot."""
    if identifier is None:
        return []
    several = identifier if isinstance(identifier, (list, tuple)) else [identifier]
    return [components.get_component(one, REGISTRY, Bias, **arguments) for one in several]


def transform_all(biases: Sequence[Bias], inputs: Any, positions: Any) -> Any:
    """Applies every `transform`."""
    for bias in biases:
        inputs = bias.transform(inputs, positions)
    return inputs


def update_mask(biases: Sequence[Bias], attention_context: AttentionContext) -> AttentionContext:
    """Applies every `update_mask`."""
    for bias in biases:
        attention_context = dataclasses.replace(
            attention_context, mask=bias.update_mask(attention_context.mask, attention_context)
        )
    return attention_context


def add_biases(
    biases: Sequence[Bias], scores: Any, query: Any, key: Any, attention_context: AttentionContext
) -> Any:
    """Adds every `compute_bias` to the scores."""
    leanings = [bias.compute_bias(query, key, attention_context) for bias in biases]
    leanings = [leaning for leaning in leanings if leaning is not None]
    if not leanings:
        return scores
    total = sum(leanings[1:], leanings[0])
    if keras.backend.standardize_dtype(scores.dtype) == "float16":
        total = ops.clip(total, -_FARTHEST, _FARTHEST)  # a row of infinities has no softmax
    return scores + ops.cast(total, scores.dtype)
