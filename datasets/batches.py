"""From batches back to examples."""

import numpy as np


def unbatch(values) -> list:
    """The examples of a batch: bytes of a text, an array of anything else."""
    if hasattr(values, "row_splits"):
        return np.split(values.flat_values.numpy(), values.row_splits.numpy()[1:-1])
    return list(values.numpy())
