"""Position encodings of a Transformer: sinusoids added to the embeddings, or a bias of self-attention."""

from typing import Literal

from ...layers import SinusoidalPositions

PositionEncoding = Literal["sinusoidal", "alibi", "learned", "relative", "rotary"]


def position_layer(position_encoding: PositionEncoding) -> SinusoidalPositions | None:
    """Create the layer that adds positions to the embeddings.

    Args:
        position_encoding: name of the encoding.

    Returns:
        A layer of embeddings `(batch, T, dim)` that adds sinusoids (Vaswani et al. 2017) for `"sinusoidal"`;
        None for the encodings that are biases of self-attention.
    """
    return SinusoidalPositions(name="positions") if position_encoding == "sinusoidal" else None


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
