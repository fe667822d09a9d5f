"""How a Transformer knows where a piece stands: added to the embeddings, or a bias of self-attention."""

from collections.abc import Callable
from typing import Any, Literal

from ...layers import SinusoidalPositions

PositionEncoding = Literal["sinusoidal", "alibi", "learned", "relative", "rotary"]


def position_layer(positions: PositionEncoding) -> Callable[[Any], Any]:
    """What is added to embeddings `(batch, T, dim)`: sinusoids (Vaswani et al. 2017), or nothing."""
    return SinusoidalPositions(name="positions") if positions == "sinusoidal" else lambda stream: stream


def position_biases(positions: PositionEncoding) -> list[str]:
    """The biases of self-attention, which know how far apart two pieces are: see `foveal.layers.biases`."""
    return [] if positions == "sinusoidal" else [positions]
