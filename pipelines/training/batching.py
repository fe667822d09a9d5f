"""Batches of sequences of similar length, in few static shapes, as a pure function of the step.

Few shapes, because every shape is compiled once; similar lengths, because padding is work thrown away. Which
examples make up batch number n depends on the seed and on n alone, so that training can go on from any step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

Sequences = dict[str, list[np.ndarray]]
Columns = Mapping[str, Any]


def choose_bucket_shapes(lengths: np.ndarray, count: int, multiple: int = 2) -> np.ndarray:
    """Find few shapes that hold all examples with little padding.

    The shapes start at the quantiles of the lengths; then each side of each shape is moved, far and
    near, for as long as any move saves padding.

    Args:
        lengths: `(examples, features)` int, how long each feature of each example is.
        count: number of shapes.
        multiple: all sides are multiples of this.

    Returns:
        `(count or fewer, features)` int, the smallest shape first.

    Example:
        >>> choose_bucket_shapes(np.array([[3, 4], [4, 4], [9, 7], [10, 8]]), count=2).tolist()
        [[4, 4], [10, 8]]
    """
    cells, members = np.unique(-(-lengths // multiple) * multiple, axis=0, return_counts=True)
    largest = cells.max(0)

    def positions(shapes: np.ndarray) -> int:
        return int(members @ shapes.sum(1)[_smallest_fit(cells, shapes)])

    shares, sides = np.arange(1, count + 1) / count, range(lengths.shape[1])
    shapes = -(-np.quantile(cells, shares, axis=0, weights=members, method="inverted_cdf") // multiple)
    shapes = shapes.astype(int) * multiple
    best, before = positions(shapes), np.inf
    moves = [(i, side, far) for far in (4, 2, 1, -1, -2, -4) for i in range(count - 1) for side in sides]
    while best < before:
        before = best
        for i, side, far in moves:
            moved = shapes.copy()
            moved[i, side] = np.clip(moved[i, side] + far * multiple, multiple, largest[side])
            if positions(moved) < best:
                best, shapes = positions(moved), moved
    shapes = np.unique(shapes, axis=0)
    return shapes[np.argsort(shapes.sum(1), kind="stable")]


def _smallest_fit(lengths: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """For each example the place of the smallest shape that holds it; the last shape holds all."""
    fits = (lengths[:, None] <= shapes[None]).all(2)
    return np.where(fits, shapes.sum(1), np.inf).argmin(1)


class TokenBatches:
    """Batches with a budget of tokens: many short examples or few long ones.

    Args:
        sequences: for each feature the ids of every example, 1-D int arrays.
        batch_tokens: positions in a batch, all features and the padding counted.
        shapes: number of shapes (see `choose_bucket_shapes`).
        seed: of the order.
        columns: what else an example has, of the same size in each, such as a label: an array with
            a row for each example, or anything else that gives its rows for an array of places.

    Raises:
        ValueError: if there is no example, or an example is longer than `batch_tokens`.

    Example:
        >>> batches = TokenBatches({"source": [np.arange(3)] * 8}, batch_tokens=16, shapes=1)
        >>> batches.at(step=0)["source"].shape
        (4, 4)
    """

    def __init__(
        self,
        sequences: Sequences,
        batch_tokens: int,
        shapes: int = 6,
        seed: int = 0,
        columns: Columns | None = None,
    ):
        self.sequences = sequences
        self.columns = columns or {}
        self.seed = seed
        self.lengths = np.array([[len(x) for x in feature] for feature in sequences.values()]).T
        if not len(self.lengths):
            raise ValueError("expected at least one example to make batches of; received none")
        self.shapes = choose_bucket_shapes(self.lengths, shapes)
        if self.shapes.sum(1).max() > batch_tokens:
            raise ValueError(
                f"expected batch_tokens to hold the longest example, {self.shapes.sum(1).max()} positions; "
                f"received batch_tokens={batch_tokens}"
            )
        self.rows = batch_tokens // self.shapes.sum(1)  # examples in a batch of each shape
        self.shape_of = _smallest_fit(self.lengths, self.shapes)
        self._epoch, self._plan = 0, self._plan_epoch(0)

    @property
    def steps_per_epoch(self) -> int:
        return len(self._plan)  # the same for every epoch: only who is in a batch changes

    @property
    def padding(self) -> float:
        """Share of all positions that holds no token."""
        positions = sum(self.rows[shape] * self.shapes[shape].sum() for shape, _ in self._plan)
        return float(1 - self.lengths.sum() / positions)

    def padding_batches(self) -> list[dict[str, np.ndarray]]:
        """A batch of padding alone in each shape that is used."""
        used = sorted({shape for shape, _ in self._plan})
        return [self._batch(shape, np.array([], int)) for shape in used]

    def at(self, step: int) -> dict[str, np.ndarray]:
        """Batch number `step` from the start of training.

        Returns:
            `(rows, length)` int32 for each feature, `(rows, ...)` for each column, zeros where a
            batch is not full.
        """
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._plan_epoch(epoch)
        return self._batch(*self._plan[place])

    def _batch(self, shape: int, examples: np.ndarray) -> dict[str, np.ndarray]:
        rows = self.rows[shape]
        sequences = {
            name: _pad([feature[i] for i in examples], rows, self.shapes[shape, axis])
            for axis, (name, feature) in enumerate(self.sequences.items())
        }
        return sequences | {name: _fill(column[examples], rows) for name, column in self.columns.items()}

    def _plan_epoch(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """Batches of one shape each. What does not fill a batch moves up to the next shape that
        holds it, so that hardly any batch is left half empty."""
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.shape_of))
        waiting = [order[self.shape_of[order] == shape] for shape in range(len(self.shapes))]
        batches = []
        for shape, rows in enumerate(self.rows):
            members = waiting[shape]
            larger = [
                i for i in range(shape + 1, len(self.shapes)) if (self.shapes[i] >= self.shapes[shape]).all()
            ]
            full = len(members) // rows * rows if larger else len(members)
            batches += [(shape, members[i : i + rows]) for i in range(0, full, rows)]
            if larger:
                waiting[larger[0]] = np.concatenate([members[full:], waiting[larger[0]]])
        return [batches[i] for i in random.permutation(len(batches))]


def _fill(values: np.ndarray, rows: int) -> np.ndarray:
    """As many rows as a batch has; those that are missing are 0."""
    filled = np.zeros((rows, *values.shape[1:]), values.dtype)
    filled[: len(values)] = values
    return filled


def _pad(arrays: list[np.ndarray], rows: int, length: int) -> np.ndarray:
    """Rows of equal length; what is missing is 0, the id of padding."""
    padded = np.zeros((rows, length), np.int32)
    for row, array in zip(padded, arrays, strict=False):
        row[: len(array)] = array
    return padded
