"""Reproducible hold-out splits of data that has no splits of its own."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

import numpy as np

HELD_OUT_FRACTIONS = {"validation": 0.05, "test": 0.05}
MAX_HELD_OUT = 2000  # examples in validation and in test
Row = TypeVar("Row")


def split_indices(count: int, split: str, held_out: Iterable[str] = HELD_OUT_FRACTIONS) -> list[int]:
    """Return the row indices of a split when the `held_out` splits are drawn from one data set.

    The permutation is seeded, so that every call returns the same rows.

    Args:
        count: the number of rows of the data set.
        split: `train` or one of `held_out`.
        held_out: the splits to draw, in this order, each with its share of `HELD_OUT_FRACTIONS`, at
            least 1 row and at most `MAX_HELD_OUT`. `train` has all other rows.

    Returns:
        Sorted row indices.

    Raises:
        ValueError: `split` is neither `train` nor in `held_out`, or there are fewer rows than splits.

    Example:
        >>> split_indices(40, "validation")
        [11, 27]
        >>> len(split_indices(40, "train"))
        36
    """
    names = ("train", *held_out)
    if split not in names:
        raise ValueError(f"`split` must be one of {', '.join(names)}. Received: split={split!r}")
    if count < len(names):
        raise ValueError(
            f"`data` must have at least {len(names)} examples, one for each of {', '.join(names)}; a score "
            f"that says something needs 100 in each. Received: {count}"
        )
    order = np.random.default_rng(0).permutation(count).tolist()
    for name in names[1:]:
        size = min(max(round(count * HELD_OUT_FRACTIONS[name]), 1), MAX_HELD_OUT)
        if name == split:
            return sorted(order[:size])
        order = order[size:]
    return sorted(order)


def split_rows(rows: Sequence[Row], data: str, split: str) -> Sequence[Row]:
    """Select the rows of a split from a file that holds all splits.

    Args:
        rows: the rows of the file.
        data: the name of the file. With `{split}` in it, every split has its own file and all rows
            belong to the split.
        split: `train`, `validation` or `test`.

    Returns:
        The rows of the split, in the order of the file.

    Raises:
        ValueError: an unknown split of a single file.
    """
    if "{split}" in data:
        return rows
    return [rows[index] for index in split_indices(len(rows), split)]
