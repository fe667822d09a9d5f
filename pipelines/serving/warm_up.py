"""Warm-up of a model: a first call in every size that XLA compiles."""

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import tensorflow as tf

from .input_sizes import is_image
from .signature import Example, Signature

MAX_WORDS = 2**12  # more than any model of the pipelines reads


def warm_up(
    signatures: Mapping[str, Signature], max_batch_size: int, should_stop: Callable[[], bool] = lambda: False
) -> int:
    """Call each compiled signature with batches of 1, 2, 4, ... texts of 0, 1, 3, 7, ... words.

    Compiled searches pad batches and tokens to powers of two. Each text has more than half of the tokens of
    the next one, so that no size is left out. The longest text is the first that a model truncates.

    Args:
        signatures: signatures by name.
        max_batch_size: size of the largest batch.
        should_stop: whether to end early.

    Returns:
        The number of calls.

    Raises:
        tf.errors.OpError: if TensorFlow cannot compute the outputs.
        ValueError: if an output has not one row for each example.
    """
    calls = 0
    for signature in signatures.values():
        for example in _examples(signature) if signature.is_compiled else ():
            for size in _batch_sizes(signature, max_batch_size):
                if should_stop():
                    return calls
                signature([example] * size)
                calls += 1
    return calls


def check_calls(signatures: Mapping[str, Signature]) -> None:
    """Call each signature with one blank example."""
    for signature in signatures.values():
        signature([_example(signature, b"")])


def _batch_sizes(signature: Signature, max_batch_size: int) -> list[int]:
    if not signature.is_independent:
        return [1]
    return [2**power for power in range((max_batch_size - 1).bit_length() + 1)]


def _examples(signature: Signature) -> Iterator[Example]:
    """Yield examples of growing length, up to one that is truncated."""
    yield _example(signature, b"")
    texts = [
        name for name, info in signature.inputs.items() if info.dtype == tf.string and not is_image(name)
    ]
    words = 1
    while texts and "bytes_read" in signature.outputs and words < MAX_WORDS:
        text = b"a " * (words - 1) + b"a"
        example = _example(signature, text)
        yield example
        if signature([example])[0]["bytes_read"] < len(text):
            return
        words = 2 * words + 1


def _example(signature: Signature, text: bytes) -> Example:
    """Return an example of one text; numbers are 0, other strings blank."""
    return {
        name: (b"" if is_image(name) else text)
        if info.dtype == tf.string and not info.shape
        else np.full(
            [size or 1 for size in info.shape], b"" if info.dtype == tf.string else 0, _dtype(info.dtype)
        )
        for name, info in signature.inputs.items()
    }


def _dtype(dtype: tf.DType) -> type:
    return object if dtype == tf.string else dtype.as_numpy_dtype
