"""A TFDS set as columns in memory."""

from typing import Any

import numpy as np

BATCH = 1024


def read_columns(dataset: Any) -> dict[str, list]:
    """Reads a `tf.data.Dataset` of examples into one list for each feature.

    A feature beneath another one is named `outer/inner`. An element is bytes or a number where the
    feature is one, and otherwise an array, as long as it is in that example.
    """
    columns: dict[str, list] = {}
    for batch in dataset.ragged_batch(BATCH):
        for name, values in _leaves(batch):
            columns.setdefault(name, []).extend(_unbatch(values))
    return columns


def _leaves(batch: dict, path: str = ""):
    for name, values in batch.items():
        if isinstance(values, dict):
            yield from _leaves(values, f"{path}{name}/")
        else:
            yield path + name, values


def _unbatch(values) -> list:
    """The examples of a batch: bytes of a text, an array of anything else."""
    if hasattr(values, "row_splits"):
        return np.split(values.flat_values.numpy(), values.row_splits.numpy()[1:-1])
    return list(values.numpy())
