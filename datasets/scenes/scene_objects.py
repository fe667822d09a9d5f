"""What is known of an object in a picture."""

from typing import NamedTuple

IMAGE_SIZE = 128  # pixels of a picture's width and height


class Box(NamedTuple):
    """Pixels from `ymin` to before `ymax` and from `xmin` to before `xmax`."""

    ymin: int
    xmin: int
    ymax: int
    xmax: int

    @property
    def centre(self) -> tuple[float, float]:
        """Row and column."""
        return (self.ymin + self.ymax) / 2, (self.xmin + self.xmax) / 2

    def gap(self, other: "Box") -> int:
        """The free pixels between two boxes along the axis that has more; below 0 they overlap."""
        rows = max(self.ymin, other.ymin) - min(self.ymax, other.ymax)
        columns = max(self.xmin, other.xmin) - min(self.xmax, other.xmax)
        return max(rows, columns)


class SceneObject(NamedTuple):
    """One object: its attributes, the box of what is seen of it, the share of it that is seen, and
    the index of the object in front that hides the rest (-1: none)."""

    shape: str
    colour: str
    size: str
    texture: str
    box: Box
    visible: float = 1.0
    hidden_by: int = -1
