"""Layouts of sprites."""

from random import Random

import numpy as np
import pytest

from foveal.datasets.scenes.layout import HIDDEN_RANGE, MARGIN, MIN_GAP, annotate_sprites, sample_layout
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE
from foveal.datasets.scenes.sprites import sample_sprite
from foveal.datasets.scenes.vocabulary import SHAPES


def make_layout(seed, occlusions, count=4):
    random = Random(seed)
    while True:
        shapes = random.sample(list(SHAPES), count)
        sprites = [
            sample_sprite(random, shape, "red", random.choice(["small", "big"]), "plain") for shape in shapes
        ]
        layout = sample_layout(random, sprites, occlusions)
        if layout:
            return layout


def image_coverage(sprite):
    """Return the coverage of an image by a positioned sprite, pixel by pixel."""
    coverage = np.zeros((IMAGE_SIZE, IMAGE_SIZE))
    pad = sprite.sprite.pad
    for row in range(IMAGE_SIZE):
        for column in range(IMAGE_SIZE):
            down, right = row - sprite.row + pad, column - sprite.column + pad
            if 0 <= down <= 2 * pad and 0 <= right <= 2 * pad:
                coverage[row, column] = sprite.sprite.coverage[down, right]
    return coverage


def test_sample_layout_separates_sprites_inside_image():
    for seed in range(20):
        boxes = [sprite.box for sprite in make_layout(seed, {})]
        assert len(boxes) == 4
        assert all(
            min(b.ymin, b.xmin) >= MARGIN and max(b.ymax, b.xmax) <= IMAGE_SIZE - MARGIN for b in boxes
        )
        assert all(a.gap(b) >= MIN_GAP for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize("occlusions", [{1: 0}, {3: 1}, {2: 0, 3: 1}])
def test_annotate_sprites_matches_pixel_counts(occlusions):
    for seed in range(3):
        layout = make_layout(seed, occlusions)
        objects = annotate_sprites(layout, occlusions)
        for front, back in occlusions.items():
            complete = image_coverage(layout[back])
            visible = complete * (1 - image_coverage(layout[front]))
            assert objects[back].hidden_by == front
            assert objects[back].visible == pytest.approx(visible.sum() / complete.sum(), rel=1e-4)
            assert HIDDEN_RANGE[0] <= 1 - objects[back].visible <= HIDDEN_RANGE[1] + 1e-6
            rows, columns = np.where(visible >= 0.5)
            assert objects[back].box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        for index in set(range(4)) - set(occlusions.values()):
            assert (objects[index].visible, objects[index].hidden_by) == (1.0, -1)
            assert objects[index].box == layout[index].box


def test_sample_layout_returns_none_without_room():
    sprites = [sample_sprite(Random(0), "square", "red", "big", "plain") for _ in range(12)]
    assert sample_layout(Random(0), sprites, {}) is None
