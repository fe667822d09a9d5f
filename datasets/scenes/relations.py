"""What holds between objects in a picture, and what holds so clearly that it is said: nobody writes
"near the top" of an object that is only just there.

* left, right, above, below (of a, b): a's centre is at least `step` pixels that way of b's, and at
  least `direction_ratio` times as far that way as across it.
* in front, behind (of a, b): one hides a part of the other.
* near (of a, b): neither hides the other, and at most `close` pixels are between their boxes.
* between (of a, b, c): from b to c one goes by a, all the way left, right, up or down.
* top, bottom, leftmost, rightmost (of a): a's centre is in that `side` of the picture, a share.
* middle (of a): a's centre is within `middle` pixels of the picture's, both ways.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .scene_objects import IMAGE_SIZE, SceneObject


class Thresholds(NamedTuple):
    """From where on something holds."""

    step: int
    direction_ratio: float
    close: int
    side: float
    middle: int


TRUE_THRESHOLDS = Thresholds(step=14, direction_ratio=1.4, close=12, side=0.3, middle=18)
CLEAR_THRESHOLDS = Thresholds(step=20, direction_ratio=1.8, close=8, side=0.25, middle=14)

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
BINARY_RELATIONS = (*DIRECTIONS, "in front", "behind", "near")
REGIONS = ("top", "bottom", "leftmost", "rightmost", "middle")
INVERSE_RELATIONS = {"left": "right", "above": "below", "in front": "behind"}


def holds(
    relation: str, scene: Sequence[SceneObject], *indices: int, thresholds: Thresholds = TRUE_THRESHOLDS
) -> bool:
    """Whether a relation holds between the objects of a picture that have these indices."""
    if relation in DIRECTIONS:
        return _lies(relation, scene, *indices, thresholds=thresholds)
    if relation in REGIONS:
        return _is_at(relation, scene[indices[0]], thresholds)
    a, b = indices[:2]
    if relation == "in front":
        return scene[b].hidden_by == a
    if relation == "behind":
        return scene[a].hidden_by == b
    if relation == "near":
        apart = scene[a].hidden_by != b and scene[b].hidden_by != a
        return apart and scene[a].box.gap(scene[b].box) <= thresholds.close
    c = indices[2]
    return any(
        _lies(way, scene, a, b, thresholds) and _lies(way, scene, c, a, thresholds) for way in DIRECTIONS
    )


def _lies(way: str, scene: Sequence[SceneObject], a: int, b: int, thresholds: Thresholds) -> bool:
    (row, column), (other_row, other_column) = scene[a].box.centre, scene[b].box.centre
    down, right = DIRECTIONS[way]
    along = down * (row - other_row) + right * (column - other_column)
    across = abs(right * (row - other_row)) + abs(down * (column - other_column))
    return along >= thresholds.step and along >= thresholds.direction_ratio * across


def _is_at(place: str, item: SceneObject, thresholds: Thresholds) -> bool:
    row, column = item.box.centre
    if place == "middle":
        return (
            abs(row - IMAGE_SIZE / 2) <= thresholds.middle
            and abs(column - IMAGE_SIZE / 2) <= thresholds.middle
        )
    inward = {"top": row, "bottom": IMAGE_SIZE - row, "leftmost": column, "rightmost": IMAGE_SIZE - column}
    return inward[place] <= thresholds.side * IMAGE_SIZE
