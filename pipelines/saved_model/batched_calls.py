"""Asking the signature of a SavedModel about many texts at once."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np
import tensorflow as tf

T = TypeVar("T")
Signature = Callable[..., dict[str, tf.Tensor]]  # called with text=, strings (batch,)
SignatureOutputs = dict[str, Any]  # the tensors of one text, by name: arrays, numbers, bytes

BATCH = 64


def answers(
    signature: Signature, texts: Sequence[str], read: Callable[[SignatureOutputs, int], T]
) -> list[T]:
    """What is read in the answer to each text, in the order of the texts.

    Args:
        signature: asked in batches of texts of similar length.
        texts: any.
        read: takes what is wanted of the answer to one text, given its place in `texts`. A sequence in the
            answer is as long as the longest of its batch.
    """
    found: dict[int, T] = {}
    order = np.argsort([len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), BATCH):
        places = order[start : start + BATCH].tolist()
        batch = signature(text=tf.constant([texts[place] for place in places]))
        told = {name: value.numpy() for name, value in batch.items()}
        for row, place in enumerate(places):
            found[place] = read({name: value[row] for name, value in told.items()}, place)
    return [found[place] for place in range(len(texts))]
