"""Batches of sequences of similar length, in few static shapes, as a pure function of the step.

Few shapes, because every shape is compiled once; similar lengths, because padding is work thrown away. Which
examples make up batch number n depends on the seed and on n alone, so that training can go on from any step.
"""

import numpy as np

Sequences = dict[str, list[np.ndarray]]


def choose_shapes(lengths: np.ndarray, count: int, multiple: int = 4) -> np.ndarray:
    """Find few shapes that hold all examples with little padding.

    Lengths are rounded up to cells, and the two cells whose union wastes least are merged until `count`
    are left.

    Args:
        lengths: `(examples, features)` int, how long each feature of each example is.
        count: number of shapes.
        multiple: lengths are rounded up to multiples of this.

    Returns:
        `(count or fewer, features)` int, the smallest shape first.

    Example:
        >>> choose_shapes(np.array([[3, 4], [4, 4], [9, 7], [10, 8]]), count=2).tolist()
        [[4, 4], [12, 8]]
    """
    shapes, members = np.unique(-(-lengths // multiple) * multiple, axis=0, return_counts=True)
    while len(shapes) > count:
        area, union = shapes.sum(1), np.maximum(shapes[:, None], shapes[None])
        waste = members[:, None] * (union.sum(2) - area[:, None])
        waste = (waste + waste.T).astype(float)
        np.fill_diagonal(waste, np.inf)
        one, other = np.unravel_index(np.argmin(waste), waste.shape)
        shapes[one], members[one] = union[one, other], members[one] + members[other]
        shapes, members = np.delete(shapes, other, axis=0), np.delete(members, other)
    return shapes[np.argsort(shapes.sum(1), kind="stable")]


class TokenBatches:
    """Batches with a budget of tokens: many short examples or few long ones.

    Args:
        sequences: for each feature the ids of every example, 1-D int arrays.
        batch_tokens: positions in a batch, all features and the padding counted.
        shapes: number of shapes (see `choose_shapes`).
        seed: of the order.

    Raises:
        ValueError: if there is no example, or an example is longer than `batch_tokens`.

    Example:
        >>> batches = TokenBatches({"source": [np.arange(3)] * 8}, batch_tokens=16, shapes=1)
        >>> batches.at(step=0)["source"].shape
        (4, 4)
    """

    def __init__(self, sequences: Sequences, batch_tokens: int, shapes: int = 6, seed: int = 0):
        self.sequences = sequences
        self.seed = seed
        self.lengths = np.array([[len(x) for x in feature] for feature in sequences.values()]).T
        if not len(self.lengths):
            raise ValueError("expected at least one example to make batches of; received none")
        self.shapes = choose_shapes(self.lengths, shapes)
        if self.shapes.sum(1).max() > batch_tokens:
            raise ValueError(
                f"expected batch_tokens to hold the longest example, {self.shapes.sum(1).max()} positions; "
                f"received batch_tokens={batch_tokens}"
            )
        self.rows = batch_tokens // self.shapes.sum(1)  # examples in a batch of each shape
        fits = (self.lengths[:, None] <= self.shapes[None]).all(2)
        self.shape_of = fits.argmax(1)  # the first shape that fits is the smallest
        self._epoch, self._plan = -1, []

    @property
    def steps_per_epoch(self) -> int:
        members = np.bincount(self.shape_of, minlength=len(self.shapes))
        return int(np.sum(-(-members // self.rows)))

    @property
    def padding(self) -> float:
        """Share of all positions that holds no token."""
        members = np.bincount(self.shape_of, minlength=len(self.shapes))
        positions = np.sum(-(-members // self.rows) * self.rows * self.shapes.sum(1))
        return 1 - self.lengths.sum() / positions

    def at(self, step: int) -> dict[str, np.ndarray]:
        """Batch number `step` from the start of training: `(rows, length)` int32 for each feature."""
        epoch, place = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._plan_epoch(epoch)
        shape, examples = self._plan[place]
        return {
            name: _pad([feature[i] for i in examples], self.rows[shape], self.shapes[shape, axis])
            for axis, (name, feature) in enumerate(self.sequences.items())
        }

    def _plan_epoch(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        random = np.random.default_rng([self.seed, epoch])
        order = random.permutation(len(self.shape_of))
        batches = []
        for shape, rows in enumerate(self.rows):
            members = order[self.shape_of[order] == shape]
            batches += [(shape, members[i : i + rows]) for i in range(0, len(members), rows)]
        return [batches[i] for i in random.permutation(len(batches))]


def _pad(arrays: list[np.ndarray], rows: int, length: int) -> np.ndarray:
    """Rows of equal length; what is missing is 0, the id of padding."""
    padded = np.zeros((rows, length), np.int32)
    for row, array in zip(padded, arrays, strict=False):
        row[: len(array)] = array
    return padded
