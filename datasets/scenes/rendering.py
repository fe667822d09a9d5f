"""From placed objects to pixels."""

import numpy as np

from .backgrounds import sample_background
from .layout import PlacedSprite
from .scene_objects import IMAGE_SIZE

SHADOW = (3, 1)  # pixels down and right
DARKNESS, SOFTNESS = 0.35, 5  # of a shadow: the most that it takes of the light; pixels of its edge


def render_scene(placed: list[PlacedSprite], seed: int) -> np.ndarray:
    """Draws objects from back to front on a background.

    Args:
        placed: the objects.
        seed: of the background.

    Returns:
        uint8 `(IMAGE_SIZE, IMAGE_SIZE, 3)`.
    """
    canvas = sample_background(np.random.default_rng(seed))
    for sprite, row, column, _ in placed:
        shadow = DARKNESS * np.clip(0.5 - sprite.distance / SOFTNESS, 0, 1)
        _lay(canvas, 0.0, shadow, row + SHADOW[0], column + SHADOW[1])
        _lay(canvas, sprite.paint(), sprite.coverage, row, column)
    return np.ascontiguousarray(np.round(canvas).astype(np.uint8).transpose(1, 2, 0))


def _lay(canvas: np.ndarray, colours: np.ndarray | float, coverage: np.ndarray, row: int, column: int):
    """Lays a patch, with its middle on a pixel, over what is there."""
    pad = len(coverage) // 2
    rows, inner_rows = _inside(row, pad)
    columns, inner_columns = _inside(column, pad)
    share = coverage[inner_rows, inner_columns]
    if isinstance(colours, np.ndarray):
        colours = colours[:, inner_rows, inner_columns]
    canvas[:, rows, columns] += share * (colours - canvas[:, rows, columns])


def _inside(middle: int, pad: int) -> tuple[slice, slice]:
    """The part of an axis that a patch takes, and the part of the patch that is inside the picture."""
    start, end = max(middle - pad, 0), min(middle + pad + 1, IMAGE_SIZE)
    return slice(start, end), slice(start - middle + pad, end - middle + pad)
