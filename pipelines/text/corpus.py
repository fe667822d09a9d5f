"""Corpora of the pipelines: loading of splits, normalization, length filter."""

from collections.abc import Callable, Sequence, Sized
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from .byte_alignment import ByteAlignment
from .normalization import normalize_with_alignment

MIN_EXAMPLES = 100  # of a split: a share of them is then known to about 10 points
Corpus = TypeVar("Corpus", bound=Sized)
Spans = list[npt.NDArray[np.int32]]  # of each text, `(spans, 2)`, start and end in bytes


def load_splits(
    load_split: Callable[[str], Corpus], tests: Sequence[str]
) -> tuple[Corpus, Corpus, dict[str, Corpus]]:
    """Load the training split, the validation split and the test splits by name; warn of few examples.

    Args:
        load_split: function of the name of a split.
        tests: names of the test splits.
    """
    train, validation = load_split("train"), load_split("validation")
    splits = {name: load_split(name) for name in tests}
    for name, split in {"train": train, "validation": validation, **splits}.items():
        warn_of_few_examples(name, len(split))
    return train, validation, splits


def warn_of_few_examples(split: str, count: int) -> None:
    """Print a warning about a split whose score, or whose model, says little.

    Example:
        >>> warn_of_few_examples("test", 2)
        warning: only 2 examples in test: a score on them says nothing; 100 or more are needed
    """
    if count < MIN_EXAMPLES:
        noun, pronoun = ("example", "it") if count == 1 else ("examples", "them")
        amount = "nothing" if count < MIN_EXAMPLES / 5 else "little"
        effect = f"a score on {pronoun} says {amount}"
        if split == "train":
            effect = f"a model learns {amount} from {pronoun}"
        print(f"warning: only {count} {noun} in {split}: {effect}; {MIN_EXAMPLES} or more are needed")


def normalize_texts(
    texts: Sequence[str], *columns: Spans | None
) -> tuple[list[str], *tuple[Spans | None, ...]]:
    r"""Normalize texts, see `normalize`, and convert their spans to bytes of the normal forms.

    Args:
        texts: any number.
        columns: for each text its spans, `(spans, 2)` int32, start and end in bytes; or None.

    Returns:
        The normal texts, and each of the columns.

    Example:
        >>> normalize_texts(["a\n\n rose"], [np.array([[4, 8]], np.int32)])
        (['a rose'], [array([[2, 6]], dtype=int32)])
    """
    normal, alignment = normalize_with_alignment(tf.constant(texts, tf.string))
    normal_texts = [text.decode() for text in normal.numpy()]
    return normal_texts, *(spans and _normalize_spans(alignment, spans) for spans in columns)


def _normalize_spans(alignment: ByteAlignment, spans: Spans) -> Spans:
    lengths = [len(row) for row in spans]
    rows = np.repeat(np.arange(len(spans)), lengths)
    starts, ends = np.concatenate([np.reshape(row, (-1, 2)) for row in spans]).T.astype(np.int32)
    offsets = np.stack([np.asarray(side) for side in alignment.to_normalized(rows, starts, ends)], axis=-1)
    return np.split(offsets, np.cumsum(lengths)[:-1])


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
