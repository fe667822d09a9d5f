"""Corpora of the pipelines: loading of splits, length filter."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Corpus = TypeVar("Corpus")


def load_splits(
    load_split: Callable[[str], Corpus], tests: Sequence[str]
) -> tuple[Corpus, Corpus, dict[str, Corpus]]:
    """Load the training split, the validation split and the test splits by name.

    Args:
        load_split: function of the name of a split.
        tests: names of the test splits.
    """
    return load_split("train"), load_split("validation"), {name: load_split(name) for name in tests}


def short_examples(lengths: np.ndarray, max_sequence_length: int, noun: str) -> np.ndarray:
    """Return the indices of the training examples of at most `max_sequence_length` tokens.

    Args:
        lengths: `(examples,)` int, the length of the longest sequence of each example.
        max_sequence_length: largest number of tokens.
        noun: name of the examples in the error message.

    Raises:
        ValueError: if all examples are longer.

    Example:
        >>> short_examples(np.array([3, 9, 4]), max_sequence_length=4, noun="pairs").tolist()
        [0, 2]
    """
    indices = np.flatnonzero(lengths <= max_sequence_length)
    if not len(indices):
        raise ValueError(
            f"`max_sequence_length` must hold at least one of the training {noun}. Received: "
            f"max_sequence_length={max_sequence_length}, and {len(lengths)} {noun}, all longer. "
            "Raise `--max-sequence-length`"
        )
    return indices
