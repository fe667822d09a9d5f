from random import Random

import numpy as np
import pytest

from foveal.datasets.scenes.layout import GAP, HIDDEN, MARGIN, items, place
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE
from foveal.datasets.scenes.sprites import sample_sprite
from foveal.datasets.scenes.vocabulary import SHAPES


def drawn(seed, hides, count=4):
    random = Random(seed)
    while True:
        shapes = random.sample(list(SHAPES), count)
        sprites = [
            sample_sprite(random, shape, "red", random.choice(["small", "big"]), "plain") for shape in shapes
        ]
        placed = place(random, sprites, hides)
        if placed:
            return placed


def canvas(placed):
    """The coverage of the whole picture, pixel by pixel."""
    whole = np.zeros((IMAGE_SIZE, IMAGE_SIZE))
    pad = placed.sprite.pad
    for row in range(IMAGE_SIZE):
        for column in range(IMAGE_SIZE):
            down, right = row - placed.row + pad, column - placed.column + pad
            if 0 <= down <= 2 * pad and 0 <= right <= 2 * pad:
                whole[row, column] = placed.sprite.coverage[down, right]
    return whole


def test_objects_are_apart_and_inside_of_the_picture():
    for seed in range(20):
        boxes = [p.box for p in drawn(seed, {})]
        assert len(boxes) == 4
        assert all(
            min(b.ymin, b.xmin) >= MARGIN and max(b.ymax, b.xmax) <= IMAGE_SIZE - MARGIN for b in boxes
        )
        assert all(a.gap(b) >= GAP for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize("hides", [{1: 0}, {3: 1}, {2: 0, 3: 1}])
def test_a_pair_hides_as_much_as_it_should_counted_by_pixels(hides):
    for seed in range(3):
        placed = drawn(seed, hides)
        found = items(placed, hides)
        for front, back in hides.items():
            whole = canvas(placed[back])
            rest = whole * (1 - canvas(placed[front]))
            assert found[back].hidden_by == front
            assert found[back].visible == pytest.approx(rest.sum() / whole.sum(), rel=1e-4)
            assert HIDDEN[0] <= 1 - found[back].visible <= HIDDEN[1] + 1e-6
            rows, columns = np.where(rest >= 0.5)
            assert found[back].box == (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        for index in set(range(4)) - set(hides.values()):
            assert (found[index].visible, found[index].hidden_by) == (1.0, -1)
            assert found[index].box == placed[index].box


def test_where_there_is_no_room_there_is_no_layout():
    sprites = [sample_sprite(Random(0), "square", "red", "big", "plain") for _ in range(12)]
    assert place(Random(0), sprites, {}) is None
