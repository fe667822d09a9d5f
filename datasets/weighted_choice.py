"""Sampling in proportion to weights. Private."""

from collections.abc import Mapping
from random import Random
from typing import TypeVar

Option = TypeVar("Option")


def weighted_choice(random: Random, weights: Mapping[Option, float]) -> Option:
    """Sample a key of a mapping in proportion to its value.

    The order of the keys is part of the random stream.

    Args:
        random: the random generator.
        weights: the weight of each option.

    Example:
        >>> weighted_choice(Random(0), {"a": 0, "b": 1})
        'b'
    """
    return random.choices(list(weights), list(weights.values()))[0]
