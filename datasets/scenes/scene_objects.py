"""Annotations of the objects in an image: attributes, bounding box and occlusion."""

from typing import NamedTuple

IMAGE_SIZE = 128  # width and height of an image in pixels


class Box(NamedTuple):
    """Bounding box in pixels; `ymax` and `xmax` are exclusive."""

    ymin: int
    xmin: int
    ymax: int
    xmax: int

    @property
    def centre(self) -> tuple[float, float]:
        """Row and column of the centre."""
        return (self.ymin + self.ymax) / 2, (self.xmin + self.xmax) / 2

    def gap(self, other: "Box") -> int:
        """Return the free pixels between two boxes, along the axis with more; negative if they overlap."""
        rows = max(self.ymin, other.ymin) - min(self.ymax, other.ymax)
        columns = max(self.xmin, other.xmin) - min(self.xmax, other.xmax)
        return max(rows, columns)


class SceneObject(NamedTuple):
    """An annotated object.

    `box` is the box of its visible part, `visible` the visible fraction of its area. `hidden_by` is
    the index of the object that occludes it, or -1.
    """

    shape: str
    colour: str
    size: str
    texture: str
    box: Box
    visible: float = 1.0
    hidden_by: int = -1
