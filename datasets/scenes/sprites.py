"""One object drawn for itself: its outline, its colours and its texture, before it has a place."""

from dataclasses import dataclass, field
from functools import cached_property
from random import Random

import numpy as np

from .outlines import distance
from .scene_objects import Box
from .vocabulary import COLOURS, SIZE_RANGES

TILT = 0.26  # radians to either side
EDGE = 1.3  # pixels of the darker rim
PERIOD = 9.0  # pixels from a stripe, dot or check to the next
STRIPE, DOT = 0.4, 1.8  # a stripe's share of the period; a dot's radius in pixels


@dataclass(frozen=True)
class Sprite:
    """An object's looks; `extent` is the longer side in pixels before it is tilted."""

    shape: str
    colour: str
    size: str
    texture: str
    extent: float
    tilt: float
    grain: float = 0.0  # the angle of stripes, in radians
    tint: tuple[float, float, float] = field(default=(1.0, 1.0, 1.0))  # no two reds are the same

    @cached_property
    def pad(self) -> int:
        """From the middle of the sprite's arrays to their edge, in pixels."""
        return int(self.extent * 0.71) + 4

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Pixels right of and below the middle."""
        axis = np.arange(-self.pad, self.pad + 1, dtype=np.float32)
        return np.meshgrid(axis, axis)

    @cached_property
    def distance(self) -> np.ndarray:
        """Pixels to the edge, negative inside."""
        x, y = rotate(*self.grid, self.tilt)
        return distance(self.shape, x * 2 / self.extent, y * 2 / self.extent) * self.extent / 2

    @cached_property
    def coverage(self) -> np.ndarray:
        """How much of each pixel the shape covers."""
        return pixel_coverage(self.distance)

    @cached_property
    def box(self) -> Box:
        """The box of the covered pixels, seen from the middle."""
        return bounding_box(self.coverage, -self.pad, -self.pad)

    def paint(self) -> np.ndarray:
        """Its colours `(3, height, width)`, 0 to 255: texture, light from above and a dark rim."""
        colours = np.array(COLOURS[self.colour], np.float32) * np.array(self.tint, np.float32)
        main, second = colours[..., None, None]
        x, y = rotate(*self.grid, self.tilt)
        pattern = self._pattern(x, y)
        light = 1.06 - 0.12 * (y + self.extent / 2) / self.extent
        body = (main + pattern * (second - main)) * light
        rim = pixel_coverage(-self.distance - EDGE)
        dark = main * 0.45 if main.max() > 60 else main + 80
        return np.clip(body + rim * (dark - body), 0, 255)

    def _pattern(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Where the second colour is: 0 to 1."""
        if self.texture == "striped":
            across, _ = rotate(x, y, self.grain)
            return pixel_coverage(stripe_distance(across, STRIPE))
        if self.texture == "checkered":
            sides = pixel_coverage(stripe_distance(x, 0.5)), pixel_coverage(stripe_distance(y, 0.5))
            return sides[0] + sides[1] - 2 * sides[0] * sides[1]
        if self.texture == "dotted":
            shifted = [(x, y), (x + PERIOD / 2, y + PERIOD / 2)]  # every second row half a step on
            centres = [(np.mod(u, PERIOD) - PERIOD / 2, np.mod(v, PERIOD) - PERIOD / 2) for u, v in shifted]
            return pixel_coverage(np.minimum(*(np.hypot(u, v) for u, v in centres)) - DOT)
        return np.zeros_like(x)


def sample_sprite(random: Random, shape: str, colour: str, size: str, texture: str) -> Sprite:
    """A sprite with these attributes; the rest is drawn."""
    return Sprite(
        shape,
        colour,
        size,
        texture,
        extent=random.uniform(*SIZE_RANGES[size]),
        tilt=random.uniform(-TILT, TILT),
        grain=random.choice([0.0, np.pi / 4, np.pi / 2, -np.pi / 4]),
        tint=(random.uniform(0.96, 1.04), random.uniform(0.96, 1.04), random.uniform(0.96, 1.04)),
    )


def pixel_coverage(distance: np.ndarray) -> np.ndarray:
    """The share of a pixel that lies inside an edge at a distance: 1 within, 0 outside, smooth between."""
    return np.clip(0.5 - distance, 0, 1)


def stripe_distance(position: np.ndarray, share: float) -> np.ndarray:
    """The signed distance to the edge of the nearest of bands that take a share of the period."""
    return abs(np.mod(position, PERIOD) - PERIOD / 2) - PERIOD * share / 2


def rotate(x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return x * cosine + y * sine, y * cosine - x * sine


def bounding_box(coverage: np.ndarray, top: int, left: int) -> Box:
    """The box of the pixels that are at least half covered."""
    seen = coverage >= 0.5
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    return Box(
        int(top + rows[0]),
        int(left + columns[0]),
        int(top + rows[-1] + 1),
        int(left + columns[-1] + 1),
    )
