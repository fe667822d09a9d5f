"""What a perturbation gives."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Perturbed(NamedTuple):
    """An example after a perturbation.

    example: the text or picture. kept: `(kept, 2)`, of each word that is still there its place before and
    after; None where everything stays in its place.
    """

    example: Any
    kept: np.ndarray | None = None


Perturbation = Callable[[Any, float, int], Perturbed]


def check_severity(severity: float) -> None:
    """Raises a `ValueError` unless a dose is from 0 to 1."""
    if not 0 <= severity <= 1:
        raise ValueError(f"Expected a dose from 0 to 1. Received: {severity}.")
