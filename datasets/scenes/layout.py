"""Where objects stand: apart from each other, but for pairs of which one hides a part of the other."""

from random import Random
from typing import NamedTuple

import numpy as np

from .scene_objects import IMAGE_SIZE, Box, SceneObject
from .sprites import Sprite, bounding_box

GAP = 4  # free pixels between objects that do not hide each other
MARGIN = 2  # free pixels at the edge of the picture
HIDDEN = (0.12, 0.35)  # the least and the largest hidden share of an object behind another
TRIES = 30


class PlacedSprite(NamedTuple):
    """A sprite, the pixel of the picture, row and column, where its middle is, and its whole box."""

    sprite: Sprite
    row: int
    column: int
    box: Box


def place(random: Random, sprites: list[Sprite], hides: dict[int, int]) -> list[PlacedSprite] | None:
    """Finds a place for each sprite, from back to front.

    Args:
        random: where the places come from.
        sprites: the objects; a later one stands in front of an earlier one.
        hides: for the index of an object the index of the earlier one of which it hides a part.

    Returns:
        The placed objects, or None where no room was found.
    """
    placed: list[PlacedSprite] = []
    for index, sprite in enumerate(sprites):
        back = placed[hides[index]] if index in hides else None
        others = [other for other in placed if other is not back]
        for _ in range(TRIES):
            candidate = _somewhere(random, sprite, back)
            if _fits(candidate, others, back):
                placed.append(candidate)
                break
        else:
            return None
    return placed


def items(placed: list[PlacedSprite], hides: dict[int, int]) -> list[SceneObject]:
    """What is known of the placed objects."""
    hidden_by = {back: front for front, back in hides.items()}
    found = []
    for index, (sprite, row, column, box) in enumerate(placed):
        front, visible = hidden_by.get(index, -1), 1.0
        if front >= 0:
            rest = sprite.coverage * (1 - _coverage_over(placed[index], placed[front]))
            visible = float(rest.sum() / sprite.coverage.sum())
            box = bounding_box(rest, row - sprite.pad, column - sprite.pad)
        attributes = sprite.shape, sprite.colour, sprite.size, sprite.texture
        found.append(SceneObject(*attributes, box, visible, front))
    return found


def _somewhere(random: Random, sprite: Sprite, back: PlacedSprite | None) -> PlacedSprite:
    """Anywhere in the picture, or near what it is to hide a part of."""
    top, left, bottom, right = sprite.box
    rows = MARGIN - top, IMAGE_SIZE - MARGIN - bottom
    columns = MARGIN - left, IMAGE_SIZE - MARGIN - right
    if back is not None:
        reach = int(sprite.extent + back.sprite.extent) // 2
        rows = max(rows[0], back.row - reach), min(rows[1], back.row + reach)
        columns = max(columns[0], back.column - reach), min(columns[1], back.column + reach)
    row, column = random.randint(*rows), random.randint(*columns)
    return PlacedSprite(sprite, row, column, Box(row + top, column + left, row + bottom, column + right))


def _fits(candidate: PlacedSprite, others: list[PlacedSprite], back: PlacedSprite | None) -> bool:
    if any(candidate.box.gap(other.box) < GAP for other in others):
        return False
    if back is None:
        return True
    hidden = (back.sprite.coverage * _coverage_over(back, candidate)).sum() / back.sprite.coverage.sum()
    return bool(HIDDEN[0] <= hidden <= HIDDEN[1])


def _coverage_over(back: PlacedSprite, front: PlacedSprite) -> np.ndarray:
    """How much of each pixel of the back sprite's array the front one covers."""
    size, other = len(back.sprite.coverage), len(front.sprite.coverage)
    down = front.row - front.sprite.pad - back.row + back.sprite.pad
    right = front.column - front.sprite.pad - back.column + back.sprite.pad
    over = np.zeros((size, size), np.float32)
    rows, columns = (slice(max(shift, 0), min(shift + other, size)) for shift in (down, right))
    inner_rows, inner_columns = (
        slice(part.start - shift, part.stop - shift) for part, shift in ((rows, down), (columns, right))
    )
    if rows.start < rows.stop and columns.start < columns.stop:
        over[rows, columns] = front.sprite.coverage[inner_rows, inner_columns]
    return over
