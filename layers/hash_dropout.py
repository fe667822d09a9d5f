"""Dropout with random bits from an integer hash, which a compiler fuses."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from .functional.tensor import Tensor


@keras.saving.register_keras_serializable(package="foveal")
class HashDropout(keras.layers.Layer):
    """Dropout with hashed random bits: the same distribution as `keras.layers.Dropout`.

    The random bits are a hash of the position of each element and a seed, which changes with every call.
    A counter-based generator is slower: the hash is a few integer operations that a compiler fuses into
    the multiplication. Dropout draws millions of bits a step and only needs statistical independence; on a
    CPU the generator takes a third of a Transformer's training step.

    Args:
        rate: fraction of the inputs that is set to zero, in [0, 1).
        seed: random seed; None for a different one in every process.

    Call arguments:
        inputs: a tensor of any shape with fewer than 2**31 elements.
        training: whether to drop; at inference the inputs are returned unchanged.

    Returns:
        A tensor of the shape and dtype of the inputs.

    Raises:
        ValueError: if `rate` is outside [0, 1).

    Example:
        >>> layer = HashDropout(0.5, seed=1)
        >>> bool(np.all(layer(np.ones((2, 3))) == 1))
        True
        >>> sorted(set(np.array(layer(np.ones((20, 30)), training=True)).ravel().tolist()))
        [0.0, 2.0]

    Reference:
        The mixing function is `lowbias32` of C. Wellons, Prospecting for Hash Functions, 2018.
    """

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any):
        super().__init__(**kwargs)
        if not 0 <= rate < 1:
            raise ValueError(f"`rate` must be in [0, 1). Received: rate={rate}")
        self.rate = rate
        self.seed = seed
        self.supports_masking = True
        if rate:
            self.seed_generator = keras.random.SeedGenerator(seed)
        self.built = True  # there are no weights

    def call(self, inputs: Tensor, training: bool | None = None) -> Tensor:
        if not training or not self.rate:
            return inputs
        return self._drop(inputs, _positions(ops.shape(inputs)), self.seed_generator.next())

    def draw_rows(self, length: int | Tensor) -> Callable:
        """Draw the random bits of a tensor `(..., length, n)` for a function that drops in some of its rows.

        The function drops what `call` drops in the whole tensor, each time that it is called. Elements
        whose positions differ by a multiple of 2**32 have the same bits.

        Returns:
            A function of inputs `(..., rows, n)` and `indices`, int `(rows,)`, in `[0, length)`.
        """
        seed = self.seed_generator.next()

        def drop(inputs: Tensor, indices: Tensor) -> Tensor:
            *leading, _, size = ops.shape(inputs)
            first_rows = _positions((*leading, 1)) * length
            positions = ops.expand_dims(first_rows + indices, -1) * size + ops.arange(size, dtype="int32")
            return self._drop(inputs, positions, seed)

        return drop

    def _drop(self, inputs: Tensor, positions: Tensor, seed: Tensor) -> Tensor:
        kept = _hash(positions, seed) >= round(self.rate * 2**31)
        scale = ops.cast(kept, inputs.dtype) * (1 / (1 - self.rate))
        return inputs * scale

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape

    def get_config(self) -> dict:
        return {**super().get_config(), "rate": self.rate, "seed": self.seed}


def _positions(shape: tuple) -> Tensor:
    """Number all elements, int32."""
    size = 1
    for length in shape:
        size = size * length
    return ops.reshape(ops.arange(size, dtype="int32"), shape)


def _hash(numbers: Tensor, seed: Tensor) -> Tensor:
    """Hash numbers with two 32-bit words of seed to 31 bits, int32 in [0, 2**31)."""
    seed = ops.cast(seed, "int32")  # wraps around, as all products below
    x = numbers * -1640531527 + seed[0]
    x = ops.bitwise_xor(x, _shift(x, 16)) * 2146121005
    x = ops.bitwise_xor(x, _shift(x, 15)) * -2073254261
    x = ops.bitwise_xor(x, _shift(x, 16)) + seed[1]
    x = ops.bitwise_xor(x, _shift(x, 16)) * 2146121005
    x = ops.bitwise_xor(x, _shift(x, 15)) * -2073254261
    return _shift(x, 1)


def _shift(x: Tensor, bits: int) -> Tensor:
    """Shift right logically: the sign bit moves like all bits."""
    return ops.bitwise_and(ops.right_shift(x, bits), (1 << (32 - bits)) - 1)
