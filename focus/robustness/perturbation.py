"""Interface of perturbations: a function of example, severity and seed to a perturbed example."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Perturbed(NamedTuple):
    """A perturbed example with the positions of the words that are kept.

    Attributes:
        example: the text or image.
        kept_positions: `(kept, 2)`, for each kept word its position before and after; None if all
            positions stay the same.
    """

    example: Any
    kept_positions: np.ndarray | None = None


Perturbation = Callable[[Any, float, int], Perturbed]
"""Function of an input, a severity from 0 to 1 and a seed to a `Perturbed`."""


def check_severity(severity: float) -> None:
    """Raise a `ValueError` unless a severity is from 0 to 1."""
    if not 0 <= severity <= 1:
        raise ValueError(f"`severity` must be from 0 to 1. Received: severity={severity}")
