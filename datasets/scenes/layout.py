"""Where objects stand: apart from each other, but for pairs of which one hides a part of the other."""

from random import Random
from typing import NamedTuple

import numpy as np

from .items import SIDE, Box, Item
from .sprites import Sprite, box_of

GAP = 4  # free pixels between objects that do not hide each other
MARGIN = 2  # free pixels at the edge of the picture
HIDDEN = (0.15, 0.4)  # the least and the largest hidden share of an object behind another
TRIES = 60


class Placed(NamedTuple):
    """A sprite and the pixel of the picture, row and column, where its middle is."""

    sprite: Sprite
    row: int
    column: int

    @property
    def box(self) -> Box:
        """The box of the whole object."""
        top, left, bottom, right = self.sprite.box
        return Box(self.row + top, self.column + left, self.row + bottom, self.column + right)

    def coverage(self) -> np.ndarray:
        """How much of each pixel of the picture it covers, were it alone."""
        pad = self.sprite.pad
        canvas = np.zeros((SIDE + 2 * pad, SIDE + 2 * pad))
        rows, columns = slice(self.row, self.row + 2 * pad + 1), slice(self.column, self.column + 2 * pad + 1)
        canvas[rows, columns] = self.sprite.coverage
        return canvas[pad:-pad, pad:-pad]


def place(random: Random, sprites: list[Sprite], hides: dict[int, int]) -> list[Placed] | None:
    """Finds a place for each sprite, from back to front.

    Args:
        random: where the places come from.
        sprites: the objects; a later one stands in front of an earlier one.
        hides: for the index of an object the index of the earlier one of which it hides a part.

    Returns:
        The placed objects, or None where no room was found.
    """
    placed: list[Placed] = []
    for index, sprite in enumerate(sprites):
        hidden = hides.get(index)
        for _ in range(TRIES):
            candidate = _somewhere(random, sprite, None if hidden is None else placed[hidden])
            if _fits(candidate, placed, hidden):
                placed.append(candidate)
                break
        else:
            return None
    return placed


def items(placed: list[Placed], hides: dict[int, int]) -> list[Item]:
    """What is known of the placed objects."""
    hidden_by = {back: front for front, back in hides.items()}
    found = []
    for index, (sprite, row, column) in enumerate(placed):
        seen = box = None
        if index in hidden_by:
            whole = placed[index].coverage()
            left_over = whole * (1 - placed[hidden_by[index]].coverage())
            seen, box = float(left_over.sum() / whole.sum()), box_of(left_over, 0, 0)
        found.append(
            Item(sprite.shape, sprite.colour, sprite.size, sprite.texture,
                 box or placed[index].box, seen or 1.0, hidden_by.get(index, -1))
        )  # fmt: skip
    return found


def _somewhere(random: Random, sprite: Sprite, hidden: Placed | None) -> Placed:
    """Anywhere in the picture, or near what it is to hide."""
    top, left, bottom, right = sprite.box
    rows = [MARGIN - top, SIDE - MARGIN - bottom]
    columns = [MARGIN - left, SIDE - MARGIN - right]
    if hidden is not None:
        reach = (sprite.extent + hidden.sprite.extent) // 2
        for limits, centre in ((rows, hidden.row), (columns, hidden.column)):
            limits[:] = [int(max(limits[0], centre - reach)), int(min(limits[1], centre + reach))]
    return Placed(sprite, random.randint(*rows), random.randint(*columns))


def _fits(candidate: Placed, placed: list[Placed], hidden: int | None) -> bool:
    apart = all(candidate.box.gap(other.box) >= GAP for i, other in enumerate(placed) if i != hidden)
    if hidden is None or not apart:
        return apart
    back = placed[hidden]
    return HIDDEN[0] <= _share_hidden(back, candidate) <= HIDDEN[1]


def _share_hidden(back: Placed, front: Placed) -> float:
    whole = back.coverage()
    return float((whole * front.coverage()).sum() / whole.sum())
