"""Length-bucketed batches with a token budget, as a pure function of the step.

Batches have few static shapes, because every shape is compiled once, and hold sequences of similar length,
because padding is wasted computation. The examples of batch number n depend on the seed and on n alone, so
that training can resume from any step.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

Sequences = dict[str, list[np.ndarray]]
Columns = Mapping[str, Any]


def choose_bucket_shapes(lengths: np.ndarray, count: int, multiple: int = 2) -> np.ndarray:
    """Choose few bucket shapes that hold all examples with little padding, by local search.

    The shapes start at the quantiles of the lengths. Then every dimension of every shape is moved by a few
    multiples, for as long as a move reduces the padding.

    Args:
        lengths: `(examples, features)` int, the length of each feature of each example.
        count: number of shapes.
        multiple: all dimensions are multiples of this.

    Returns:
        `(count or fewer, features)` int, the smallest shape first.

    Example:
        >>> choose_bucket_shapes(np.array([[3, 4], [4, 4], [9, 7], [10, 8]]), count=2).tolist()
        [[4, 4], [10, 8]]
    """
    cells, cell_counts = np.unique(-(-lengths // multiple) * multiple, axis=0, return_counts=True)
    largest = cells.max(0)

    def num_positions(shapes: np.ndarray) -> int:
        return int(cell_counts @ shapes.sum(1)[_smallest_fit(cells, shapes)])

    shares, axes = np.arange(1, count + 1) / count, range(lengths.shape[1])
    quantiles = np.quantile(cells, shares, axis=0, weights=cell_counts, method="inverted_cdf")
    shapes = (-(-quantiles // multiple)).astype(int) * multiple
    best, previous = num_positions(shapes), np.inf
    moves = [(i, axis, delta) for delta in (4, 2, 1, -1, -2, -4) for i in range(count - 1) for axis in axes]
    while best < previous:
        previous = best
        for i, axis, delta in moves:
            candidate = shapes.copy()
            candidate[i, axis] = np.clip(candidate[i, axis] + delta * multiple, multiple, largest[axis])
            if num_positions(candidate) < best:
                best, shapes = num_positions(candidate), candidate
    shapes = np.unique(shapes, axis=0)
    return shapes[np.argsort(shapes.sum(1), kind="stable")]


def _smallest_fit(lengths: np.ndarray, shapes: np.ndarray) -> np.ndarray:
    """Return the index of the smallest shape that holds each example; the last shape holds all."""
    fits = (lengths[:, None] <= shapes[None]).all(2)
    return np.where(fits, shapes.sum(1), np.inf).argmin(1)


class TokenBatches:
    """Batches with a token budget: many short examples or few long ones.

    Args:
        sequences: for each feature the ids of every example, 1-D int arrays.
        batch_tokens: positions in a batch, summed over the features and with padding.
        num_buckets: number of batch shapes, see `choose_bucket_shapes`.
        seed: seed of the order.
        columns: other inputs of an example, of equal shape in all examples, such as a label: an array with a
            row for each example, or any object that returns rows for an array of indices.

    Raises:
        ValueError: if there is no example, or an example is longer than `batch_tokens`.

    Example:
        >>> batches = TokenBatches({"source": [np.arange(3)] * 8}, batch_tokens=16, num_buckets=1)
        >>> batches.get_batch(step=0)["source"].shape
        (4, 4)
    """

    def __init__(
        self,
        sequences: Sequences,
        batch_tokens: int,
        num_buckets: int = 6,
        seed: int = 0,
        columns: Columns | None = None,
    ):
        self.sequences = sequences
        self.columns = columns or {}
        self.seed = seed
        self.lengths = np.array([[len(x) for x in feature] for feature in sequences.values()]).T
        if not len(self.lengths):
            raise ValueError("`sequences` must hold at least one example. Received: none")
        self.bucket_shapes = choose_bucket_shapes(self.lengths, num_buckets)
        largest = self.bucket_shapes.sum(1).max()
        if largest > batch_tokens:
            raise ValueError(
                f"`batch_tokens` must hold the longest example, {largest} positions. "
                f"Received: batch_tokens={batch_tokens}"
            )
        self.batch_sizes = batch_tokens // self.bucket_shapes.sum(1)  # of each bucket
        self.bucket_of_example = _smallest_fit(self.lengths, self.bucket_shapes)
        self._epoch, self._plan = 0, self._plan_epoch(0)

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches in an epoch. It is the same in every epoch: only the examples change."""
        return len(self._plan)

    @property
    def padding_ratio(self) -> float:
        """Share of the positions that hold padding."""
        positions = sum(
            self.batch_sizes[bucket] * self.bucket_shapes[bucket].sum() for bucket, _ in self._plan
        )
        return float(1 - self.lengths.sum() / positions)

    def padding_batches(self) -> list[dict[str, np.ndarray]]:
        """Return a batch of padding for each shape that occurs."""
        buckets = sorted({bucket for bucket, _ in self._plan})
        return [self._batch(bucket, np.array([], int)) for bucket in buckets]

    def get_batch(self, step: int) -> dict[str, np.ndarray]:
        """Return the batch with number `step`, counted from the start of training.

        Returns:
            `(batch_size, length)` int32 for each feature, `(batch_size, ...)` for each column; rows of zeros
            fill an incomplete batch.
        """
        epoch, index = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._plan_epoch(epoch)
        return self._batch(*self._plan[index])

    def _batch(self, bucket: int, examples: np.ndarray) -> dict[str, np.ndarray]:
        batch_size = self.batch_sizes[bucket]
        sequences = {
            name: _pad_sequences([feature[i] for i in examples], batch_size, self.bucket_shapes[bucket, axis])
            for axis, (name, feature) in enumerate(self.sequences.items())
        }
        columns = {name: _pad_rows(column[examples], batch_size) for name, column in self.columns.items()}
        return sequences | columns

    def _plan_epoch(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """Assign the examples of an epoch to batches, in random order.

        The examples that do not fill a batch move to the next larger bucket, so that few batches are
        incomplete.
        """
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.bucket_of_example))
        num_buckets = len(self.bucket_shapes)
        members = [order[self.bucket_of_example[order] == bucket] for bucket in range(num_buckets)]
        batches = []
        for bucket, batch_size in enumerate(self.batch_sizes):
            examples = members[bucket]
            larger = [
                i
                for i in range(bucket + 1, num_buckets)
                if (self.bucket_shapes[i] >= self.bucket_shapes[bucket]).all()
            ]
            complete = len(examples) // batch_size * batch_size if larger else len(examples)
            starts = range(0, complete, batch_size)
            batches += [(bucket, examples[start : start + batch_size]) for start in starts]
            if larger:
                members[larger[0]] = np.concatenate([examples[complete:], members[larger[0]]])
        return [batches[i] for i in random.permutation(len(batches))]


def _pad_rows(values: np.ndarray, batch_size: int) -> np.ndarray:
    """Append rows of zeros up to the batch size."""
    padded = np.zeros((batch_size, *values.shape[1:]), values.dtype)
    padded[: len(values)] = values
    return padded


def _pad_sequences(sequences: list[np.ndarray], batch_size: int, length: int) -> np.ndarray:
    """Pad sequences to `(batch_size, length)` with 0, the id of padding."""
    padded = np.zeros((batch_size, length), np.int32)
    for row, sequence in zip(padded, sequences, strict=False):
        row[: len(sequence)] = sequence
    return padded
