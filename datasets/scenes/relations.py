"""Spatial relations between annotated objects, with thresholds for truth and for clear truth.

Captions state a relation only where it holds clearly; a parsed caption is true where it holds.

* left, right, above, below (of a, b): the centre of a is at least `min_offset` pixels in that
  direction from the centre of b, and at least `direction_ratio` times as far as across it.
* in front, behind (of a, b): one object partly hides the other.
* near (of a, b): neither hides the other, and their boxes are at most `max_gap` pixels apart.
* between (of a, b, c): a is in one direction from b, and c is in the same direction from a.
* top, bottom, leftmost, rightmost (of a): the centre of a is in that `border_fraction` of the image.
* middle (of a): the centre of a is within `max_centre_offset` pixels of the image centre, on both axes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from .scene_objects import IMAGE_SIZE, SceneObject


class Thresholds(NamedTuple):
    """Thresholds of the relations, see the module."""

    min_offset: int
    direction_ratio: float
    max_gap: int
    border_fraction: float
    max_centre_offset: int


TRUE_THRESHOLDS = Thresholds(
    min_offset=14, direction_ratio=1.4, max_gap=12, border_fraction=0.3, max_centre_offset=18
)
CLEAR_THRESHOLDS = Thresholds(
    min_offset=20, direction_ratio=1.8, max_gap=8, border_fraction=0.25, max_centre_offset=14
)

DIRECTIONS = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}  # rows, columns
BINARY_RELATIONS = (*DIRECTIONS, "in front", "behind", "near")
REGIONS = ("top", "bottom", "leftmost", "rightmost", "middle")
INVERSE_RELATIONS = {"left": "right", "above": "below", "in front": "behind"}


def holds(
    relation: str, scene: Sequence[SceneObject], *indices: int, thresholds: Thresholds = TRUE_THRESHOLDS
) -> bool:
    """Return whether a relation holds between objects.

    Args:
        relation: one of `BINARY_RELATIONS`, one of `REGIONS`, or between.
        scene: the objects of an image.
        *indices: of the related objects: two, one, or three.
        thresholds: `TRUE_THRESHOLDS` or `CLEAR_THRESHOLDS`.

    Raises:
        ValueError: if no relation has this name.
    """
    if relation in DIRECTIONS:
        return _is_in_direction(relation, scene, *indices, thresholds=thresholds)
    if relation in REGIONS:
        return _is_in_region(relation, scene[indices[0]], thresholds)
    a, b = indices[:2]
    if relation == "in front":
        return scene[b].hidden_by == a
    if relation == "behind":
        return scene[a].hidden_by == b
    if relation == "near":
        occluded = scene[a].hidden_by == b or scene[b].hidden_by == a
        return not occluded and scene[a].box.gap(scene[b].box) <= thresholds.max_gap
    if relation == "between":
        return _is_between(scene, *indices, thresholds=thresholds)
    raise ValueError(
        "`relation` must be between, one of `BINARY_RELATIONS` or one of `REGIONS`. "
        f"Received: relation={relation!r}"
    )


def _is_between(scene: Sequence[SceneObject], a: int, b: int, c: int, thresholds: Thresholds) -> bool:
    return any(
        _is_in_direction(direction, scene, a, b, thresholds)
        and _is_in_direction(direction, scene, c, a, thresholds)
        for direction in DIRECTIONS
    )


def _is_in_direction(
    direction: str, scene: Sequence[SceneObject], a: int, b: int, thresholds: Thresholds
) -> bool:
    (row, column), (other_row, other_column) = scene[a].box.centre, scene[b].box.centre
    down, right = DIRECTIONS[direction]
    along = down * (row - other_row) + right * (column - other_column)
    across = abs(right * (row - other_row)) + abs(down * (column - other_column))
    return along >= thresholds.min_offset and along >= thresholds.direction_ratio * across


def _is_in_region(region: str, scene_object: SceneObject, thresholds: Thresholds) -> bool:
    row, column = scene_object.box.centre
    if region == "middle":
        offset = max(abs(row - IMAGE_SIZE / 2), abs(column - IMAGE_SIZE / 2))
        return offset <= thresholds.max_centre_offset
    border_distance = {
        "top": row,
        "bottom": IMAGE_SIZE - row,
        "leftmost": column,
        "rightmost": IMAGE_SIZE - column,
    }
    return border_distance[region] <= thresholds.border_fraction * IMAGE_SIZE
