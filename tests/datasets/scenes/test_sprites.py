"""Sprites: outline, texture and bounding box."""

from dataclasses import replace
from random import Random

import numpy as np
import pytest

from foveal.datasets.scenes.scene_objects import Box
from foveal.datasets.scenes.sprites import Sprite, bounding_box, rotate, sample_sprite
from foveal.datasets.scenes.vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES

SQUARE = Sprite("square", "red", "big", "plain", extent=40.0, tilt=0.0)


def test_coverage_matches_area_and_box():
    assert SQUARE.coverage.sum() == pytest.approx(40 * 40, rel=0.01)
    assert SQUARE.box == Box(-20, -20, 21, 21)


def test_tilt_keeps_area_and_grows_box():
    tilted = replace(SQUARE, tilt=0.2)
    assert tilted.coverage.sum() == pytest.approx(SQUARE.coverage.sum(), rel=0.01)
    assert tilted.box.ymax > SQUARE.box.ymax


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", SIZE_RANGES)
def test_coverage_is_zero_at_array_edge(shape, size):
    for tilt in (-0.26, 0.0, 0.26):
        sprite = Sprite(shape, "red", size, "plain", SIZE_RANGES[size][1], tilt)
        coverage = sprite.coverage
        edges = coverage[0], coverage[-1], coverage[:, 0], coverage[:, -1]
        assert max(edge.max() for edge in edges) == 0
        assert max(sprite.box.ymax - sprite.box.ymin, sprite.box.xmax - sprite.box.xmin) >= 20


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("texture", TEXTURES)
def test_main_colour_is_frequent(colour, texture):
    sprite = Sprite("square", colour, "big", texture, 40.0, 0.0)
    inside = sprite.paint()[:, sprite.distance < -2].T
    names = list(COLOURS)
    palette = np.array([COLOURS[name][0] for name in names], float)
    nearest = np.linalg.norm(inside[:, None] - palette, axis=-1).argmin(1)
    assert np.mean(nearest == names.index(colour)) > (0.28 if texture == "checkered" else 0.45)


def test_textures_have_expected_second_colour_fraction():
    inside = SQUARE.distance < -3
    plain, *textured = (replace(SQUARE, texture=texture).paint()[:, inside].T for texture in TEXTURES)
    assert plain.std(0).max() < 12
    fractions = [(np.abs(colours - plain).max(1) > 85).mean() for colours in textured]
    assert fractions[0] == pytest.approx(0.4, abs=0.1)  # stripes
    assert fractions[1] == pytest.approx(2 * np.pi * 1.8**2 / 81, abs=0.1)  # dots
    assert fractions[2] == pytest.approx(0.5, abs=0.1)  # checks


def test_rotate_preserves_length():
    x, y = rotate(np.array(3.0), np.array(4.0), 0.7)
    assert np.hypot(x, y) == pytest.approx(5)


def test_bounding_box_of_half_covered_pixels():
    coverage = np.zeros((6, 7))
    coverage[2:4, 3:6] = 0.5
    coverage[5, 6] = 0.4
    assert bounding_box(coverage, 10, 20) == Box(12, 23, 14, 26)


def test_sample_sprite_has_given_attributes():
    sprite = sample_sprite(Random(0), "star", "blue", "small", "dotted")
    assert (sprite.shape, sprite.colour, sprite.size, sprite.texture) == ("star", "blue", "small", "dotted")
    assert SIZE_RANGES["small"][0] <= sprite.extent <= SIZE_RANGES["small"][1]
    assert sample_sprite(Random(0), "star", "blue", "small", "dotted") == sprite
