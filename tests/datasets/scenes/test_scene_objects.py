from itertools import product
from random import Random

from foveal.datasets.scenes.scene_objects import Box


def pixels(box):
    return set(product(range(box.ymin, box.ymax), range(box.xmin, box.xmax)))


def test_the_gap_is_what_lies_between_the_pixels():
    random = Random(0)
    for _ in range(300):
        top, left, other_top, other_left = (random.randrange(12) for _ in range(4))
        one = Box(top, left, top + random.randint(1, 5), left + random.randint(1, 5))
        other = Box(
            other_top, other_left, other_top + random.randint(1, 5), other_left + random.randint(1, 5)
        )
        between = min(max(abs(a - c), abs(b - d)) for a, b in pixels(one) for c, d in pixels(other)) - 1
        assert max(one.gap(other), -1) == between
        assert one.gap(other) == other.gap(one)


def test_the_centre_is_the_mean_of_the_pixels():
    assert Box(2, 3, 6, 10).centre == (4.0, 6.5)
