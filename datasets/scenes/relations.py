"""What holds between objects in a picture, decided with a margin: what is nearly so is not said.

* left, right, above, below (of a, b): a's centre is at least `STEP` pixels that way of b's, and at
  least `LEAN` times as far that way as across it.
* in front, behind (of a, b): one hides a part of the other.
* near (of a, b): neither hides the other, and at most `CLOSE` pixels are between their boxes.
* between (of a, b, c): from b to c one goes by a, all the way left, right, up or down.
* top, bottom, leftmost, rightmost (of a): a's centre is in that `SIDE_SHARE` of the picture.
* middle (of a): a's centre is within `MIDDLE` pixels of the picture's, both ways.
"""

from collections.abc import Sequence

from .items import SIDE, Item

STEP = 14
LEAN = 1.4
CLOSE = 12
SIDE_SHARE = 0.3
MIDDLE = 18

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
PAIRS = (*DIRECTIONS, "in front", "behind", "near")
PLACES = ("top", "bottom", "leftmost", "rightmost", "middle")
REVERSED = {"left": "right", "above": "below", "in front": "behind"}


def holds(relation: str, scene: Sequence[Item], *indices: int) -> bool:
    """Whether a relation holds between the objects of a picture that have these indices."""
    if relation in DIRECTIONS:
        return _lies(relation, scene, *indices)
    if relation in PLACES:
        return _is_at(relation, scene[indices[0]])
    a, b = indices[:2]
    if relation == "in front":
        return scene[b].hidden_by == a
    if relation == "behind":
        return scene[a].hidden_by == b
    if relation == "near":
        apart = scene[a].hidden_by != b and scene[b].hidden_by != a
        return apart and scene[a].box.gap(scene[b].box) <= CLOSE
    c = indices[2]
    return any(_lies(way, scene, a, b) and _lies(way, scene, c, a) for way in DIRECTIONS)


def _lies(way: str, scene: Sequence[Item], a: int, b: int) -> bool:
    (row, column), (other_row, other_column) = scene[a].box.centre, scene[b].box.centre
    down, right = DIRECTIONS[way]
    along = down * (row - other_row) + right * (column - other_column)
    across = abs(right * (row - other_row)) + abs(down * (column - other_column))
    return along >= STEP and along >= LEAN * across


def _is_at(place: str, item: Item) -> bool:
    row, column = item.box.centre
    if place == "middle":
        return abs(row - SIDE / 2) <= MIDDLE and abs(column - SIDE / 2) <= MIDDLE
    inward = {"top": row, "bottom": SIDE - row, "leftmost": column, "rightmost": SIDE - column}
    return inward[place] <= SIDE_SHARE * SIDE
