"""Outlines of the shapes as signed distance functions: negative inside, positive outside.

A shape sampled from a distance field rotates and scales without aliasing. Its rim and its shadow are
other levels of the same field.
"""

from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating]

FIELD_RESOLUTION = 160  # cells along each side of a distance field
FIELD_EXTENT = 1.6  # the field spans -FIELD_EXTENT to FIELD_EXTENT; the shape spans -1 to 1


def polygon(x: Array, y: Array, corners: Sequence[tuple[float, float]] | Array) -> Array:
    """Return the signed distance of points to a closed polygon.

    Args:
        x: any shape.
        y: the same shape.
        corners: `(corners, 2)`, the x and y of each corner in order.

    Returns:
        The distances, in the shape of `x`.
    """
    corners = np.asarray(corners, float)
    squared = np.full(np.shape(x), np.inf)
    inside = np.zeros(np.shape(x), bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, 0), strict=True):
        along = ((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / ((x1 - x0) ** 2 + (y1 - y0) ** 2)
        along = np.clip(along, 0, 1)
        across = (x - x0 - along * (x1 - x0)) ** 2 + (y - y0 - along * (y1 - y0)) ** 2
        squared = np.minimum(squared, across)
        if y0 != y1:
            crosses = (y0 > y) != (y1 > y)
            inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return np.where(inside, -1, 1) * np.sqrt(squared)


def disc(x: Array, y: Array, radius: float = 1.0, left: float = 0.0, top: float = 0.0) -> Array:
    """Return the signed distance to a disc with its centre at (`left`, `top`)."""
    return np.hypot(x - left, y - top) - radius


def regular_polygon(x: Array, y: Array, corners: int, inner: float = 1.0) -> Array:
    """Return the signed distance to a regular polygon with a corner at the top.

    With `inner` below 1, every second corner has this radius: a star of `corners` points.
    """
    radii = [1.0, inner] if inner < 1 else [1.0]
    angles = np.arange(corners * len(radii)) * 2 * np.pi / (corners * len(radii))
    radius = np.tile(radii, corners)
    return polygon(x, y, np.stack([radius * np.sin(angles), -radius * np.cos(angles)], 1))


def flower(x: Array, y: Array) -> Array:
    """Return the signed distance to a flower with five petals."""
    angles = np.arange(5) * 2 * np.pi / 5
    petals = [disc(x, y, 0.42, 0.62 * np.sin(angle), -0.62 * np.cos(angle)) for angle in angles]
    return np.minimum.reduce([*petals, disc(x, y, 0.5)])


def heart(x: Array, y: Array) -> Array:
    """Return the signed distance to a heart curve with 80 corners."""
    t = np.arange(80) * 2 * np.pi / 80
    rows = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return polygon(x, y, np.stack([16 * np.sin(t) ** 3, -rows], 1) / 16)


def crescent(x: Array, y: Array) -> Array:
    """Return the signed distance to a disc without a second disc."""
    return np.maximum(disc(x, y), -disc(x, y, 0.84, 0.48, -0.1))


def cross(x: Array, y: Array) -> Array:
    """Return the signed distance to a cross of two bars."""
    bars = [np.maximum(abs(x) - width, abs(y) - height) for width, height in ((1, 0.32), (0.32, 1))]
    return np.minimum(*bars)


ARROW = [(-1, -0.3), (0.05, -0.3), (0.05, -0.85), (1, 0), (0.05, 0.85), (0.05, 0.3), (-1, 0.3)]
DIAMOND = [(0, -1), (0.72, 0), (0, 1), (-0.72, 0)]
# A negative constant rounds the corners.
OUTLINES: dict[str, Callable[[Array, Array], Array]] = {
    "circle": disc,
    "square": lambda x, y: np.maximum(abs(x), abs(y)) - 1,
    "triangle": lambda x, y: regular_polygon(x, y, 3),
    "star": lambda x, y: regular_polygon(x, y, 5, 0.45) - 0.03,
    "heart": heart,
    "ring": lambda x, y: abs(disc(x, y, 0.74)) - 0.26,
    "cross": lambda x, y: cross(x, y) - 0.04,
    "hexagon": lambda x, y: regular_polygon(x, y, 6),
    "crescent": crescent,
    "arrow": lambda x, y: polygon(x, y, ARROW) - 0.03,
    "flower": flower,
    "diamond": lambda x, y: polygon(x, y, DIAMOND),
}


@cache
def distance_field(shape: str) -> npt.NDArray[np.float32]:
    """Sample the signed distance of a shape on a grid.

    Returns:
        `(FIELD_RESOLUTION, FIELD_RESOLUTION)`. The bounding box of the shape is centred, and its
        longer side has length 2.
    """
    axis = np.linspace(-FIELD_EXTENT, FIELD_EXTENT, FIELD_RESOLUTION)
    x, y = np.meshgrid(axis, axis)
    inside = OUTLINES[shape](x, y) <= 0
    columns, rows = axis[inside.any(0)], axis[inside.any(1)]
    half = max(columns[-1] - columns[0], rows[-1] - rows[0]) / 2
    centre = (columns[-1] + columns[0]) / 2, (rows[-1] + rows[0]) / 2
    normalized = OUTLINES[shape](x * half + centre[0], y * half + centre[1]) / half
    return normalized.astype(np.float32)


def signed_distance(shape: str, x: Array, y: Array) -> Array:
    """Interpolate the distance field of a shape bilinearly.

    Args:
        shape: the name of the shape.
        x: coordinates, in half sides of the bounding box of the shape.
        y: coordinates, in the shape of `x`.

    Returns:
        The signed distances in half sides, in the shape of `x`.
    """
    columns, rows = (
        (np.clip(axis / FIELD_EXTENT, -0.999, 0.999) + 1) * (FIELD_RESOLUTION - 1) / 2 for axis in (x, y)
    )
    left, top = columns.astype(int), rows.astype(int)
    right, down = columns - left, rows - top
    cells, index = distance_field(shape).ravel(), top * FIELD_RESOLUTION + left
    upper = cells.take(index) * (1 - right) + cells.take(index + 1) * right
    next_row = index + FIELD_RESOLUTION
    lower = cells.take(next_row) * (1 - right) + cells.take(next_row + 1) * right
    return upper * (1 - down) + lower * down
