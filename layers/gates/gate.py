"""Base class of gates."""

from typing import Any, TypeAlias

import keras

from ..functional.tensor import Tensor


class Gate(keras.layers.Layer):
    """Base class of gates of a layer with heads, with two hooks that do nothing by default.

    1. `make_sentinel` adds a key to each head, whose value is the sentinel itself;
    2. `gate_output` changes the output of each head before the heads are merged.

    Attributes:
        has_sentinel: whether it makes a sentinel.
        fixed_sizes: sizes that the weights depend on; layers that share the gate must have the same.

    Example:
        >>> class HalfGate(Gate):
        ...     def gate_output(self, query, output):
        ...         return output / 2, {}
        >>> from foveal.layers import MultiHeadAttention
        >>> tuple(MultiHeadAttention(2, 4, gate=HalfGate())(np.ones((1, 3, 8)), np.ones((1, 5, 8))).shape)
        (1, 3, 8)
    """

    has_sentinel: bool = False
    fixed_sizes: tuple[str, ...] = ("query_dim",)

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, query_shape: tuple) -> None:
        """Create the weights, none by default, for queries `(batch, Tq, dim)`."""

    def make_sentinel(self, query: Tensor) -> Tensor | None:
        """Return the sentinels of queries `(batch, Tq, dim)`, `(batch, Tq, heads * value_dim)`; or None."""
        return None

    def gate_output(self, query: Tensor, output: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the gated output of the heads, and decisions.

        Args:
            query: `(batch, Tq, dim)`, before its projection.
            output: `(batch, heads, Tq, value_dim)`.

        Returns:
            A tensor like `output`, and a dict of decisions, each `(batch, heads, Tq)`.
        """
        return output, {}

    def get_config(self) -> dict:
        """Return the config.

        It is written out because Keras derives a config only from arguments of basic types, and a
        dtype policy is none of them.
        """
        return super().get_config()


GateLike: TypeAlias = str | dict | Gate  # a name, a config or an instance
