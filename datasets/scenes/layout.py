"""Layouts: positions of sprites without overlap, but for pairs with partial occlusion."""

from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .scene_objects import IMAGE_SIZE, Box, SceneObject
from .sprites import Sprite, bounding_box

MIN_GAP = 4  # pixels between objects without occlusion
MARGIN = 2  # pixels to the edge of the image
HIDDEN_RANGE = (0.12, 0.35)  # minimum and maximum hidden fraction of an occluded object
MAX_TRIES = 30


class PositionedSprite(NamedTuple):
    """A sprite with the pixel of its centre in the image and the box of its complete outline."""

    sprite: Sprite
    row: int
    column: int
    box: Box


def sample_layout(
    random: Random, sprites: list[Sprite], occlusions: dict[int, int]
) -> list[PositionedSprite] | None:
    """Sample positions of sprites, from back to front, by rejection.

    Args:
        random: the random generator.
        sprites: the objects; a later object is in front of an earlier one.
        occlusions: the index of an object, and of the earlier object that it partly hides.

    Returns:
        The positioned sprites, or None if the tries for one of them are exhausted.
    """
    layout: list[PositionedSprite] = []
    for index, sprite in enumerate(sprites):
        back = layout[occlusions[index]] if index in occlusions else None
        separate = [neighbour for neighbour in layout if neighbour is not back]
        for _ in range(MAX_TRIES):
            candidate = _sample_position(random, sprite, back)
            if _is_valid(candidate, separate, back):
                layout.append(candidate)
                break
        else:
            return None
    return layout


def annotate_sprites(layout: list[PositionedSprite], occlusions: dict[int, int]) -> list[SceneObject]:
    """Return the annotations of positioned sprites; boxes and fractions cover their visible part."""
    hidden_by = {back: front for front, back in occlusions.items()}
    objects = []
    for index, (sprite, row, column, box) in enumerate(layout):
        front, visible = hidden_by.get(index, -1), 1.0
        if front >= 0:
            visible_coverage = sprite.coverage * (1 - _coverage_over(layout[index], layout[front]))
            visible = float(visible_coverage.sum() / sprite.coverage.sum())
            box = bounding_box(visible_coverage, row - sprite.pad, column - sprite.pad)
        attributes = sprite.shape, sprite.colour, sprite.size, sprite.texture
        objects.append(SceneObject(*attributes, box, visible, front))
    return objects


def _sample_position(random: Random, sprite: Sprite, back: PositionedSprite | None) -> PositionedSprite:
    """Sample a position in the image, or one close to the object that the sprite partly hides."""
    top, left, bottom, right = sprite.box
    rows = MARGIN - top, IMAGE_SIZE - MARGIN - bottom
    columns = MARGIN - left, IMAGE_SIZE - MARGIN - right
    if back is not None:
        radius = int(sprite.extent + back.sprite.extent) // 2
        rows = max(rows[0], back.row - radius), min(rows[1], back.row + radius)
        columns = max(columns[0], back.column - radius), min(columns[1], back.column + radius)
    row, column = random.randint(*rows), random.randint(*columns)
    return PositionedSprite(sprite, row, column, Box(row + top, column + left, row + bottom, column + right))


def _is_valid(
    candidate: PositionedSprite, separate: list[PositionedSprite], back: PositionedSprite | None
) -> bool:
    if any(candidate.box.gap(neighbour.box) < MIN_GAP for neighbour in separate):
        return False
    if back is None:
        return True
    hidden = (back.sprite.coverage * _coverage_over(back, candidate)).sum() / back.sprite.coverage.sum()
    return bool(HIDDEN_RANGE[0] <= hidden <= HIDDEN_RANGE[1])


def _coverage_over(back: PositionedSprite, front: PositionedSprite) -> npt.NDArray[np.float32]:
    """Return the fraction of each pixel of the back sprite's array that the front sprite covers."""
    back_size, front_size = len(back.sprite.coverage), len(front.sprite.coverage)
    down = front.row - front.sprite.pad - back.row + back.sprite.pad
    right = front.column - front.sprite.pad - back.column + back.sprite.pad
    coverage = np.zeros((back_size, back_size), np.float32)
    rows, columns = (slice(max(shift, 0), min(shift + front_size, back_size)) for shift in (down, right))
    front_rows, front_columns = (
        slice(part.start - shift, part.stop - shift) for part, shift in ((rows, down), (columns, right))
    )
    if rows.start < rows.stop and columns.start < columns.stop:
        coverage[rows, columns] = front.sprite.coverage[front_rows, front_columns]
    return coverage
