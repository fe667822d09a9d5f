"""Position encodings of a Transformer: sinusoids added to the embeddings, or a bias of self-attention."""

from collections.abc import Callable
from typing import Any, Literal

from ...layers import SinusoidalPositions

PositionEncoding = Literal["sinusoidal", "alibi", "learned", "relative", "rotary"]


def position_layer(position_encoding: PositionEncoding) -> Callable[[Any], Any]:
    """Create the function that is applied to the embeddings.

    Args:
        position_encoding: name of the encoding.

    Returns:
        A function of embeddings `(batch, T, dim)`: the layer that adds sinusoids (Vaswani et al. 2017) for
        `"sinusoidal"`, the identity for the encodings that are biases of self-attention.
    """
    if position_encoding == "sinusoidal":
        return SinusoidalPositions(name="positions")
    return lambda embeddings: embeddings


def position_biases(position_encoding: PositionEncoding) -> list[str]:
    """Name the biases of self-attention that encode relative positions.

    Args:
        position_encoding: name of the encoding.

    Returns:
        The biases by name, see `foveal.layers.biases`; none for `"sinusoidal"`.

    Example:
        >>> position_biases("rotary"), position_biases("sinusoidal")
        (['rotary'], [])
    """
    return [] if position_encoding == "sinusoidal" else [position_encoding]
