"""One key for each query: what hard distributions have in common."""

from typing import Any

import keras
from keras import ops

_TINY = 1e-37  # near the least float32 above zero: its logarithm is finite


def at_least_float32(tensor: Any) -> Any:
    """In float32 or wider: chances are not computed in less."""
    return ops.cast(tensor, keras.backend.result_type(tensor.dtype, "float32"))


def mode(probabilities: Any) -> Any:
    """The likeliest key of each query.

    Args:
        probabilities: `(..., Tq, Tk)`; a row sums to 1, or is 0 where no key may be seen.

    Returns:
        A key, the first of several, int32 `(..., Tq)`; -1 where no key may be seen.
    """
    some = ops.any(probabilities > 0, axis=-1)
    return ops.where(some, ops.cast(ops.argmax(probabilities, axis=-1), "int32"), -1)


def sample_categorical(probabilities: Any, seed: Any) -> Any:
    """A key for each query, drawn with these chances; else as `mode`.

    A race: a key's waiting time is exponential and the shorter, the higher its chance; the first
    to arrive is drawn.
    """
    waits = ops.cast(sample_exponential(ops.shape(probabilities), seed), probabilities.dtype)
    return mode(probabilities / waits)


def sample_exponential(shape: tuple, seed: Any) -> Any:
    """Random numbers with the density exp(-x), float32, all finite and above 0."""
    return -ops.log(keras.random.uniform(shape, _TINY, 1.0, dtype="float32", seed=seed))


def one_hot(choice: Any, probabilities: Any) -> Any:
    """Weight 1 for the key that was chosen, none where the choice is -1; `(..., Tq, Tk)`."""
    keys = ops.arange(ops.shape(probabilities)[-1], dtype="int32")
    return ops.cast(ops.equal(choice[..., None], keys), probabilities.dtype)


def log_probability(choice: Any, probabilities: Any) -> Any:
    """The logarithm of the chance that the choice had, `(..., Tq)`; 0 where the choice is -1."""
    chance = ops.sum(one_hot(choice, probabilities) * probabilities, axis=-1)
    return ops.log(ops.where(choice < 0, ops.ones_like(chance), chance))


def entropy(probabilities: Any) -> Any:
    """How open the choice is, in nats, `(..., Tq)`: from 0 to the logarithm of the number of keys."""
    possible = ops.where(probabilities > 0, probabilities, ops.ones_like(probabilities))
    return -ops.sum(probabilities * ops.log(possible), axis=-1)
