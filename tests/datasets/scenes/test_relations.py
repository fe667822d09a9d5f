from collections import Counter
from itertools import permutations, product
from random import Random

import pytest

from foveal.datasets.scenes.relations import (
    BINARY_RELATIONS,
    CLEAR_THRESHOLDS,
    DIRECTIONS,
    INVERSE_RELATIONS,
    REGIONS,
    holds,
)
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE, Box, SceneObject


def item(top, left, height=20, width=20, hidden_by=-1):
    return SceneObject(
        "star", "red", "big", "plain", Box(top, left, top + height, left + width), 1.0, hidden_by
    )


def scattered(seed, count=6):
    random = Random(seed)
    first, *others = [
        item(random.randrange(100), random.randrange(100), random.randint(8, 28), random.randint(8, 28))
        for _ in range(count)
    ]
    return [first._replace(hidden_by=1), *others]


@pytest.mark.parametrize(
    ("relation", "boxes"),
    [
        ("left", [(10, 10), (12, 60)]),
        ("right", [(10, 60), (12, 10)]),
        ("above", [(10, 10), (60, 20)]),
        ("below", [(60, 20), (10, 10)]),
        ("near", [(10, 10), (10, 40)]),
        ("between", [(10, 40), (12, 10), (8, 80)]),
        ("between", [(50, 12), (90, 10), (10, 10)]),
        ("top", [(10, 50)]),
        ("bottom", [(100, 50)]),
        ("leftmost", [(50, 10)]),
        ("rightmost", [(50, 100)]),
        ("middle", [(54, 60)]),
    ],
)
def test_what_plainly_holds(relation, boxes):
    scene = [item(*box) for box in boxes]
    assert holds(relation, scene, *range(len(boxes)))


@pytest.mark.parametrize(
    ("relation", "boxes"),
    [
        ("left", [(10, 10), (12, 20)]),  # ten pixels are too few
        ("left", [(10, 10), (50, 52)]),  # as much above as left
        ("near", [(10, 10), (10, 43)]),
        ("between", [(10, 80), (12, 10), (8, 40)]),
        ("between", [(10, 40), (12, 10), (60, 60)]),
        ("top", [(30, 50)]),
        ("middle", [(54, 80)]),
    ],
)
def test_what_hardly_holds_does_not(relation, boxes):
    assert not holds(relation, [item(*box) for box in boxes], *range(len(boxes)))


@pytest.mark.parametrize(
    ("relation", "boxes"),
    [
        ("left", [(10, 10), (12, 26)]),  # sixteen pixels
        ("above", [(10, 10), (50, 36)]),  # as 20 to 13 above as beside
        ("near", [(10, 10), (10, 40)]),  # ten pixels between them
        ("between", [(10, 26), (12, 10), (8, 80)]),
        ("top", [(24, 50)]),
        ("rightmost", [(50, 84)]),
        ("middle", [(54, 70)]),
    ],
)
def test_what_holds_may_not_be_clear(relation, boxes):
    scene = [item(*box) for box in boxes]
    assert holds(relation, scene, *range(len(boxes)))
    assert not holds(relation, scene, *range(len(boxes)), thresholds=CLEAR_THRESHOLDS)


def test_what_is_clear_holds():
    clear = 0
    for seed in range(60):
        scene = scattered(seed)
        for relation in (*BINARY_RELATIONS, *REGIONS, "between"):
            for indices in permutations(range(6), 1 if relation in REGIONS else 2 + (relation == "between")):
                if holds(relation, scene, *indices, thresholds=CLEAR_THRESHOLDS):
                    clear += 1
                    assert holds(relation, scene, *indices)
    assert clear > 1000


def test_directions_by_brute_force_over_all_pairs_of_pixels():
    """Where one is said to lie left of the other, most of its pixels do, from each of the other's."""
    checked = Counter()
    shifts = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
    for seed in range(80):
        scene = scattered(seed, 2)
        cells = [list(product(range(b.ymin, b.ymax, 3), range(b.xmin, b.xmax, 3))) for *_, b, _, _ in scene]
        for way, (down, right) in shifts.items():
            if holds(way, scene, 0, 1):
                pairs = list(product(*cells))
                that_way = sum(down * (a - c) + right * (b - d) > 0 for (a, b), (c, d) in pairs)
                assert that_way / len(pairs) > 0.8
                checked[way] += 1
    assert checked.keys() == shifts.keys()
    assert min(checked.values()) >= 10


def test_only_one_direction_holds_at_a_time_and_its_reverse_backwards():
    held = Counter()
    for seed in range(100):
        scene = scattered(seed)
        for a, b in permutations(range(6), 2):
            assert sum(holds(way, scene, a, b) for way in DIRECTIONS) <= 1
            for relation, reverse in INVERSE_RELATIONS.items():
                held[relation] += holds(relation, scene, a, b)
                assert holds(relation, scene, a, b) == holds(reverse, scene, b, a)
    assert held.keys() == INVERSE_RELATIONS.keys()
    assert min(held.values()) >= 100


def test_what_hides_another_is_in_front_of_it_and_not_near():
    scene = [item(10, 10, hidden_by=1), item(14, 14), item(10, 36)]
    assert holds("in front", scene, 1, 0)
    assert holds("behind", scene, 0, 1)
    assert not holds("behind", scene, 1, 0)
    assert not holds("near", scene, 0, 1)
    assert holds("near", scene, 1, 2)
    assert not holds("in front", scene, 2, 1)


def test_mirroring_a_picture_swaps_left_and_right():
    swapped = {"left": "right", "right": "left", "leftmost": "rightmost", "rightmost": "leftmost"}
    held = Counter()
    for seed in range(30):
        scene = scattered(seed)
        mirrored = [
            i._replace(box=Box(i.box.ymin, IMAGE_SIZE - i.box.xmax, i.box.ymax, IMAGE_SIZE - i.box.xmin))
            for i in scene
        ]
        for relation in (*BINARY_RELATIONS, *REGIONS):
            there = swapped.get(relation, relation)
            for indices in permutations(range(6), 1 if relation in REGIONS else 2):
                held[relation] += holds(relation, scene, *indices)
                assert holds(relation, scene, *indices) == holds(there, mirrored, *indices)
    assert held.keys() == {*BINARY_RELATIONS, *REGIONS}
    assert min(held.values()) >= 10
