"""Where to lean, whatever is relevant: the bias slot. Several biases add up."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from keras import ops

from .. import slots
from .bias import Bias, View

__all__ = [
    "PARTS",
    "Bias",
    "View",
    "get",
    "lean",
    "restrict",
    "turn",
]

PARTS: dict[str, type] = {}


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
    for bias in biases:
        leaning = bias.lean(query, key, view)
        if leaning is not None:
            scores = scores + ops.cast(leaning, scores.dtype)
    return scores
