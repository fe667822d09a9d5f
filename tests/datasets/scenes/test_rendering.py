"""Rendering of scenes."""

from itertools import islice
from random import Random

import numpy as np

from foveal.datasets.scenes.corpus import sample_scenes
from foveal.datasets.scenes.layout import PositionedSprite
from foveal.datasets.scenes.rendering import render_scene
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE, Box
from foveal.datasets.scenes.sprites import Sprite, sample_sprite
from foveal.datasets.scenes.vocabulary import COLOURS


def square(colour, row, column):
    sprite = Sprite("square", colour, "big", "plain", 40.0, 0.0)
    top, left, bottom, right = sprite.box
    return PositionedSprite(sprite, row, column, Box(row + top, column + left, row + bottom, column + right))


def nearest_colour(pixel):
    return min(COLOURS, key=lambda name: np.abs(np.subtract(COLOURS[name][0], pixel.astype(float))).sum())


def test_render_scene_draws_sprites_from_back_to_front():
    pixels = render_scene([square("red", 40, 40), square("blue", 52, 50)], seed=3)
    assert (pixels.shape, pixels.dtype) == ((IMAGE_SIZE, IMAGE_SIZE, 3), np.uint8)
    assert nearest_colour(pixels[30, 30]) == "red"
    assert nearest_colour(pixels[45, 45]) == "blue"  # both squares cover this pixel
    assert nearest_colour(pixels[65, 65]) == "blue"


def test_render_scene_keeps_background_outside_shadows():
    empty, single = render_scene([], seed=5), render_scene([square("red", 64, 64)], seed=5)
    changed = (empty != single).any(-1)
    rows, columns = np.where(changed)
    assert min(rows.min(), columns.min()) >= 38
    assert max(rows.max(), columns.max()) <= 64 + 20 + 3 + 4
    assert changed[46:82, 46:82].all()


def test_render_scene_clips_at_image_edge():
    pixels = render_scene([square("green", 22, IMAGE_SIZE - 22)], seed=1)
    assert nearest_colour(pixels[10, IMAGE_SIZE - 10]) == "green"


def test_render_scene_is_seeded():
    sprite = sample_sprite(Random(0), "star", "pink", "small", "dotted")
    layout = [PositionedSprite(sprite, 50, 60, sprite.box)]
    np.testing.assert_array_equal(render_scene(layout, 9), render_scene(layout, 9))
    assert (render_scene(layout, 9) != render_scene(layout, 10)).any()


def test_rendered_images_are_unchanged():
    pixels = [render_scene(scene.sprites, scene.seed) for scene in islice(sample_scenes(Random(2024)), 3)]
    means = [[149.698, 160.766, 171.691], [145.540, 135.397, 160.004], [136.068, 128.814, 126.140]]
    np.testing.assert_allclose([image.mean((0, 1)) for image in pixels], means, atol=0.002)
    samples = [[172, 200, 197, 187], [190, 192, 185, 193], [184, 181, 116, 183], [181, 179, 175, 180]]
    np.testing.assert_allclose(pixels[0][::40, ::40].mean(-1), samples, atol=1)
