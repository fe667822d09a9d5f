"""Batched calls of a SavedModel signature over many texts."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

T = TypeVar("T")
Signature = Callable[..., dict[str, tf.Tensor]]  # called with text=, strings (batch,)
SignatureOutputs = dict[str, Any]  # outputs for one text, by name: arrays, numbers, bytes

BATCH_SIZE = 64


def map_signature(
    signature: Signature, texts: Sequence[str], function: Callable[[SignatureOutputs, int], T]
) -> list[T]:
    """Run a signature over many texts, in batches of similar length, and map a function over the outputs.

    Args:
        signature: called with `text=`, strings `(batch,)`.
        texts: texts in any order.
        function: function of the outputs for one text and the index of the text. A sequence in the outputs
            is padded to the longest one of its batch.

    Returns:
        The result of `function` for each text, in the order of `texts`.

    Example:
        >>> signature = lambda text: {"length": tf.strings.length(text)}
        >>> map_signature(signature, ["three", "a"], lambda outputs, index: (index, int(outputs["length"])))
        [(0, 5), (1, 1)]
    """
    results: dict[int, T] = {}
    order = np.argsort([len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), BATCH_SIZE):
        indices = order[start : start + BATCH_SIZE].tolist()
        batch = signature(text=tf.constant([texts[index] for index in indices]))
        outputs = {name: value.numpy() for name, value in batch.items()}
        for row, index in enumerate(indices):
            results[index] = function({name: value[row] for name, value in outputs.items()}, index)
    return [results[index] for index in range(len(texts))]
