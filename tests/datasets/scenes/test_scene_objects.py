"""Bounding boxes."""

from itertools import product
from random import Random

from foveal.datasets.scenes.scene_objects import Box


def pixels(box):
    return set(product(range(box.ymin, box.ymax), range(box.xmin, box.xmax)))


def test_gap_matches_pixel_distances():
    random = Random(0)
    for _ in range(300):
        top, left, other_top, other_left = (random.randrange(12) for _ in range(4))
        first = Box(top, left, top + random.randint(1, 5), left + random.randint(1, 5))
        second = Box(
            other_top, other_left, other_top + random.randint(1, 5), other_left + random.randint(1, 5)
        )
        between = min(max(abs(a - c), abs(b - d)) for a, b in pixels(first) for c, d in pixels(second)) - 1
        assert max(first.gap(second), -1) == between
        assert first.gap(second) == second.gap(first)


def test_centre_is_mean_of_edges():
    assert Box(2, 3, 6, 10).centre == (4.0, 6.5)
