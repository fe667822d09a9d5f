"""Sprites: single objects with outline, colours and texture, before they have a position in an image."""

from dataclasses import dataclass, field
from functools import cached_property
from random import Random

import numpy as np
import numpy.typing as npt

from .outlines import signed_distance
from .scene_objects import Box
from .vocabulary import COLOURS, SIZE_RANGES

Array = npt.NDArray[np.floating]

MAX_TILT = 0.26  # radians to either side
RIM_WIDTH = 1.3  # pixels of the darker rim
PERIOD = 9.0  # pixels of one period of stripes, dots and checks
STRIPE_FRACTION = 0.4  # of the period
DOT_RADIUS = 1.8  # pixels


@dataclass(frozen=True)
class Sprite:
    """An object with its appearance.

    Args:
        shape: see `vocabulary.SHAPES`.
        colour: see `vocabulary.COLOURS`.
        size: small or big.
        texture: see `vocabulary.TEXTURES`.
        extent: length of the longer side in pixels, before rotation.
        tilt: rotation in radians.
        stripe_angle: angle of stripes in radians.
        tint: factors of red, green and blue, which vary the colour between objects.
    """

    shape: str
    colour: str
    size: str
    texture: str
    extent: float
    tilt: float
    stripe_angle: float = 0.0
    tint: tuple[float, float, float] = field(default=(1.0, 1.0, 1.0))

    @cached_property
    def pad(self) -> int:
        """Pixels from the centre of the arrays to their edge."""
        return int(self.extent * 0.71) + 4

    @cached_property
    def grid(self) -> tuple[Array, Array]:
        """x and y of each pixel from the centre, each `(2 pad + 1, 2 pad + 1)`."""
        axis = np.arange(-self.pad, self.pad + 1, dtype=np.float32)
        x, y = np.meshgrid(axis, axis)
        return x, y

    @cached_property
    def distance(self) -> Array:
        """Signed distance of each pixel to the outline in pixels, negative inside."""
        x, y = rotate(*self.grid, self.tilt)
        return signed_distance(self.shape, x * 2 / self.extent, y * 2 / self.extent) * self.extent / 2

    @cached_property
    def coverage(self) -> Array:
        """Covered fraction of each pixel."""
        return pixel_coverage(self.distance)

    @cached_property
    def box(self) -> Box:
        """Bounding box of the covered pixels, relative to the centre."""
        return bounding_box(self.coverage, -self.pad, -self.pad)

    def paint(self) -> Array:
        """Render the colours with texture, light from above and a dark rim.

        Returns:
            `(3, 2 pad + 1, 2 pad + 1)`, 0 to 255.
        """
        colours = np.array(COLOURS[self.colour], np.float32) * np.array(self.tint, np.float32)
        main, second = colours[..., None, None]
        x, y = rotate(*self.grid, self.tilt)
        pattern = self._pattern(x, y)
        light = 1.06 - 0.12 * (y + self.extent / 2) / self.extent
        body = (main + pattern * (second - main)) * light
        rim = pixel_coverage(-self.distance - RIM_WIDTH)
        rim_colour = main * 0.45 if main.max() > 60 else main + 80
        return np.clip(body + rim * (rim_colour - body), 0, 255)

    def _pattern(self, x: Array, y: Array) -> Array:
        """Return the fraction of the second colour in each pixel."""
        if self.texture == "striped":
            across, _ = rotate(x, y, self.stripe_angle)
            return pixel_coverage(stripe_distance(across, STRIPE_FRACTION))
        if self.texture == "checkered":
            columns, rows = (pixel_coverage(stripe_distance(axis, 0.5)) for axis in (x, y))
            return columns + rows - 2 * columns * rows
        if self.texture == "dotted":
            # Every second row of dots is shifted by half a period.
            grids = [(x, y), (x + PERIOD / 2, y + PERIOD / 2)]
            offsets = [(np.mod(u, PERIOD) - PERIOD / 2, np.mod(v, PERIOD) - PERIOD / 2) for u, v in grids]
            return pixel_coverage(np.minimum(*(np.hypot(u, v) for u, v in offsets)) - DOT_RADIUS)
        return np.zeros_like(x)


def sample_sprite(random: Random, shape: str, colour: str, size: str, texture: str) -> Sprite:
    """Sample a sprite with given attributes."""
    return Sprite(
        shape,
        colour,
        size,
        texture,
        extent=random.uniform(*SIZE_RANGES[size]),
        tilt=random.uniform(-MAX_TILT, MAX_TILT),
        stripe_angle=random.choice([0.0, np.pi / 4, np.pi / 2, -np.pi / 4]),
        tint=(random.uniform(0.96, 1.04), random.uniform(0.96, 1.04), random.uniform(0.96, 1.04)),
    )


def pixel_coverage(distance: Array) -> Array:
    """Return the covered fraction of pixels at a signed distance in pixels: 1 inside, 0 outside."""
    return np.clip(0.5 - distance, 0, 1)


def stripe_distance(position: Array, fraction: float) -> Array:
    """Return the signed distance to periodic stripes that cover a fraction of the period."""
    return abs(np.mod(position, PERIOD) - PERIOD / 2) - PERIOD * fraction / 2


def rotate(x: Array, y: Array, angle: float) -> tuple[Array, Array]:
    """Rotate the axes of points by an angle in radians."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return x * cosine + y * sine, y * cosine - x * sine


def bounding_box(coverage: Array, top: int, left: int) -> Box:
    """Return the bounding box of the pixels with a coverage of at least one half.

    Args:
        coverage: `(height, width)`.
        top: row of the first pixel.
        left: column of the first pixel.
    """
    covered = coverage >= 0.5
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    return Box(
        int(top + rows[0]),
        int(left + columns[0]),
        int(top + rows[-1] + 1),
        int(left + columns[-1] + 1),
    )
