"""Rendering of positioned sprites on a background, with shadows."""

import numpy as np
import numpy.typing as npt

from .backgrounds import sample_background
from .layout import PositionedSprite
from .scene_objects import IMAGE_SIZE

SHADOW_OFFSET = (3, 1)  # pixels down and right
SHADOW_OPACITY = 0.35
SHADOW_BLUR = 5  # pixels of the edge of a shadow


def render_scene(sprites: list[PositionedSprite], seed: int) -> npt.NDArray[np.uint8]:
    """Render sprites from back to front on a background.

    Args:
        sprites: the positioned sprites, from back to front.
        seed: of the background.

    Returns:
        `(IMAGE_SIZE, IMAGE_SIZE, 3)`, RGB from 0 to 255.
    """
    canvas = sample_background(np.random.default_rng(seed))
    for sprite, row, column, _ in sprites:
        shadow = SHADOW_OPACITY * np.clip(0.5 - sprite.distance / SHADOW_BLUR, 0, 1)
        _blend(canvas, 0.0, shadow, row + SHADOW_OFFSET[0], column + SHADOW_OFFSET[1])
        _blend(canvas, sprite.paint(), sprite.coverage, row, column)
    return np.ascontiguousarray(np.round(canvas).astype(np.uint8).transpose(1, 2, 0))


def _blend(
    canvas: npt.NDArray[np.float32],
    colours: npt.NDArray[np.floating] | float,
    coverage: npt.NDArray[np.floating],
    row: int,
    column: int,
) -> None:
    """Blend a patch with its centre at a pixel into the canvas, in place."""
    pad = len(coverage) // 2
    rows, patch_rows = _overlap(row, pad)
    columns, patch_columns = _overlap(column, pad)
    opacity = coverage[patch_rows, patch_columns]
    if isinstance(colours, np.ndarray):
        colours = colours[:, patch_rows, patch_columns]
    canvas[:, rows, columns] += opacity * (colours - canvas[:, rows, columns])


def _overlap(centre: int, pad: int) -> tuple[slice, slice]:
    """Return the slice of an image axis under a patch, and the slice of the patch in the image."""
    start, end = max(centre - pad, 0), min(centre + pad + 1, IMAGE_SIZE)
    return slice(start, end), slice(start - centre + pad, end - centre + pad)
