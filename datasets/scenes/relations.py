"""What holds between objects in a picture, and what holds so clearly that it is said: nobody writes
"near the top" of an object that is only just there.

* left, right, above, below (of a, b): a's centre is at least `step` pixels that way of b's, and at
  least `lean` times as far that way as across it.
* in front, behind (of a, b): one hides a part of the other.
* near (of a, b): neither hides the other, and at most `close` pixels are between their boxes.
* between (of a, b, c): from b to c one goes by a, all the way left, right, up or down.
* top, bottom, leftmost, rightmost (of a): a's centre is in that `side` of the picture, a share.
* middle (of a): a's centre is within `middle` pixels of the picture's, both ways.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .items import SIDE, Item


class Limits(NamedTuple):
    """From where on something holds."""

    step: int
    lean: float
    close: int
    side: float
    middle: int


TRUE = Limits(step=14, lean=1.4, close=12, side=0.3, middle=18)
CLEAR = Limits(step=20, lean=1.8, close=8, side=0.25, middle=14)

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
PAIRS = (*DIRECTIONS, "in front", "behind", "near")
PLACES = ("top", "bottom", "leftmost", "rightmost", "middle")
REVERSED = {"left": "right", "above": "below", "in front": "behind"}


def holds(relation: str, scene: Sequence[Item], *indices: int, limits: Limits = TRUE) -> bool:
    """Whether a relation holds between the objects of a picture that have these indices."""
    if relation in DIRECTIONS:
        return _lies(relation, scene, *indices, limits=limits)
    if relation in PLACES:
        return _is_at(relation, scene[indices[0]], limits)
    a, b = indices[:2]
    if relation == "in front":
        return scene[b].hidden_by == a
    if relation == "behind":
        return scene[a].hidden_by == b
    if relation == "near":
        apart = scene[a].hidden_by != b and scene[b].hidden_by != a
        return apart and scene[a].box.gap(scene[b].box) <= limits.close
    c = indices[2]
    return any(_lies(way, scene, a, b, limits) and _lies(way, scene, c, a, limits) for way in DIRECTIONS)


def _lies(way: str, scene: Sequence[Item], a: int, b: int, limits: Limits) -> bool:
    (row, column), (other_row, other_column) = scene[a].box.centre, scene[b].box.centre
    down, right = DIRECTIONS[way]
    along = down * (row - other_row) + right * (column - other_column)
    across = abs(right * (row - other_row)) + abs(down * (column - other_column))
    return along >= limits.step and along >= limits.lean * across


def _is_at(place: str, item: Item, limits: Limits) -> bool:
    row, column = item.box.centre
    if place == "middle":
        return abs(row - SIDE / 2) <= limits.middle and abs(column - SIDE / 2) <= limits.middle
    inward = {"top": row, "bottom": SIDE - row, "leftmost": column, "rightmost": SIDE - column}
    return inward[place] <= limits.side * SIDE
