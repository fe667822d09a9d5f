"""Categorical distribution over keys: mode, sampling, one-hot weights, log-probability and entropy."""

import keras
from keras import ops

from ..functional.tensor import Tensor

_TINY = 1e-37  # near the least float32 above zero: its logarithm is finite


def mode(probabilities: Tensor) -> Tensor:
    """Return the most probable key of each query, the first of several.

    Args:
        probabilities: `(..., Tq, Tk)`; a row sums to 1, or is 0 if all keys are masked.

    Returns:
        Indices of keys, int32 `(..., Tq)`; -1 if all keys are masked.
    """
    highest = ops.max(probabilities, axis=-1, keepdims=True)
    is_highest = ops.cast(ops.equal(probabilities, highest), "int32")  # ONNX has no argmax of floats in Keras
    sample = ops.cast(ops.argmax(is_highest, axis=-1), "int32")
    return ops.where(highest[..., 0] > 0, sample, -1)


def sample_categorical(probabilities: Tensor, seed: keras.random.SeedGenerator) -> Tensor:
    """Sample a key for each query.

    The sample is the key with the least of exponential random numbers, each divided by the
    probability of its key (an exponential race).

    Args:
        probabilities: `(..., Tq, Tk)`, as `mode` takes them.
        seed: a `keras.random.SeedGenerator`.

    Returns:
        Indices of keys, int32 `(..., Tq)`; -1 if all keys are masked.
    """
    arrivals = ops.cast(sample_exponential(ops.shape(probabilities), seed), probabilities.dtype)
    return mode(probabilities / arrivals)


def sample_exponential(shape: tuple, seed: keras.random.SeedGenerator) -> Tensor:
    """Sample float32 numbers with the density `exp(-x)`, all finite and above 0."""
    return -ops.log(keras.random.uniform(shape, _TINY, 1.0, dtype="float32", seed=seed))


def one_hot(sample: Tensor, probabilities: Tensor) -> Tensor:
    """Return the one-hot weights of a sample, `(..., Tq, Tk)`; zeros for a sample of -1."""
    keys = ops.arange(ops.shape(probabilities)[-1], dtype="int32")
    return ops.cast(ops.equal(ops.expand_dims(sample, -1), keys), probabilities.dtype)


def log_probability(sample: Tensor, probabilities: Tensor) -> Tensor:
    """Return the log-probability of a sample, `(..., Tq)`; 0 for a sample of -1."""
    probability = ops.sum(one_hot(sample, probabilities) * probabilities, axis=-1)
    return ops.log(ops.where(sample < 0, ops.ones_like(probability), probability))


def entropy(probabilities: Tensor) -> Tensor:
    """Return the entropy in nats, `(..., Tq)`, from 0 to the logarithm of the number of keys."""
    positive = ops.where(probabilities > 0, probabilities, ops.ones_like(probabilities))
    return -ops.sum(probabilities * ops.log(positive), axis=-1)
