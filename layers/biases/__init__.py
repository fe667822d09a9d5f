"""Where to lean, whatever is relevant: the bias slot. Several biases add up."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from .. import slots
from .adaptive_span import AdaptiveSpan
from .alibi import AlibiBias
from .bias import Bias, View, count_queries
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
    "PARTS",
    "AdaptiveSpan",
    "AlibiBias",
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
    "View",
    "check_prior",
    "count_queries",
    "get",
    "lean",
    "restrict",
    "turn",
]

PARTS: dict[str, type] = {
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
    return [slots.get(one, PARTS, Bias, **arguments) for one in several]


def turn(biases: Sequence[Bias], inputs: Any, positions: Any) -> Any:
    """Applies every `turn`."""
    for bias in biases:
        inputs = bias.turn(inputs, positions)
    return inputs


def restrict(biases: Sequence[Bias], view: View) -> View:
    """Applies every `restrict`."""
    for bias in biases:
        view = dataclasses.replace(view, mask=bias.restrict(view.mask, view))
    return view


def lean(biases: Sequence[Bias], scores: Any, query: Any, key: Any, view: View) -> Any:
    """Adds every `lean` to the scores."""
    leanings = [bias.lean(query, key, view) for bias in biases]
    leanings = [leaning for leaning in leanings if leaning is not None]
    if not leanings:
        return scores
    total = sum(leanings[1:], leanings[0])
    if keras.backend.standardize_dtype(scores.dtype) == "float16":
        total = ops.clip(total, -_FARTHEST, _FARTHEST)  # a row of infinities has no softmax
    return scores + ops.cast(total, scores.dtype)
