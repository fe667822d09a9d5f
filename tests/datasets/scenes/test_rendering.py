from random import Random

import numpy as np

from foveal.datasets.scenes.layout import PlacedSprite
from foveal.datasets.scenes.rendering import render_scene
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE, Box
from foveal.datasets.scenes.sprites import Sprite, sample_sprite
from foveal.datasets.scenes.vocabulary import COLOURS


def square(colour, row, column):
    sprite = Sprite("square", colour, "big", "plain", 40.0, 0.0)
    top, left, bottom, right = sprite.box
    return PlacedSprite(sprite, row, column, Box(row + top, column + left, row + bottom, column + right))


def nearest_colour(pixel):
    return min(COLOURS, key=lambda name: np.abs(np.subtract(COLOURS[name][0], pixel.astype(float))).sum())


def test_objects_are_where_they_were_placed_and_later_ones_in_front():
    drawn = render_scene([square("red", 40, 40), square("blue", 52, 50)], seed=3)
    assert (drawn.shape, drawn.dtype) == ((IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    assert nearest_colour(drawn[30, 30]) == "red"
    assert nearest_colour(drawn[45, 45]) == "blue"  # where both are
    assert nearest_colour(drawn[65, 65]) == "blue"


def test_away_from_objects_and_shadows_there_is_only_the_background():
    empty, one = render_scene([], seed=5), render_scene([square("red", 64, 64)], seed=5)
    changed = (empty != one).any(-1)
    rows, columns = np.where(changed)
    assert min(rows.min(), columns.min()) >= 38
    assert max(rows.max(), columns.max()) <= 64 + 20 + 3 + 4
    assert changed[46:82, 46:82].all()


def test_an_object_at_the_edge_is_drawn():
    drawn = render_scene([square("green", 22, IMAGE_SIZE - 22)], seed=1)
    assert nearest_colour(drawn[10, IMAGE_SIZE - 10]) == "green"


def test_the_same_picture_twice():
    sprite = sample_sprite(Random(0), "star", "pink", "small", "dotted")
    placed = [PlacedSprite(sprite, 50, 60, sprite.box)]
    np.testing.assert_array_equal(render_scene(placed, 9), render_scene(placed, 9))
    assert (render_scene(placed, 9) != render_scene(placed, 10)).any()
