"""Asking the signature of a SavedModel about many texts at once."""

from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

Signature = Callable[..., dict[str, tf.Tensor]]  # called with text=, strings (batch,)

BATCH = 64


def answers(signature: Signature, texts: list[str]) -> Iterator[tuple[np.ndarray, dict[str, np.ndarray]]]:
    """What a signature answers, batch by batch of similar length.

    Yields:
        The places of a batch in `texts`, and the answer's tensors, a row for each.
    """
    order = np.argsort([len(text) for text in texts], kind="stable")
    for start in range(0, len(texts), BATCH):
        places = order[start : start + BATCH]
        told = signature(text=tf.constant([texts[place] for place in places]))
        yield places, {name: value.numpy() for name, value in told.items()}
