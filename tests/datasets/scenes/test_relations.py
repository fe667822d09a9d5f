"""Spatial relations between objects."""

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


def make_object(top, left, height=20, width=20, hidden_by=-1):
    return SceneObject(
        "star", "red", "big", "plain", Box(top, left, top + height, left + width), 1.0, hidden_by
    )


def sample_objects(seed, count=6):
    random = Random(seed)
    first, *remaining = [
        make_object(
            random.randrange(100), random.randrange(100), random.randint(8, 28), random.randint(8, 28)
        )
        for _ in range(count)
    ]
    return [first._replace(hidden_by=1), *remaining]


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
def test_holds_accepts_clear_relation(relation, boxes):
    scene = [make_object(*box) for box in boxes]
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
def test_holds_rejects_relation_beyond_threshold(relation, boxes):
    assert not holds(relation, [make_object(*box) for box in boxes], *range(len(boxes)))


@pytest.mark.parametrize(
    ("relation", "boxes"),
    [
        ("left", [(10, 10), (12, 26)]),  # sixteen pixels
        ("above", [(10, 10), (50, 36)]),  # 40 pixels above, 26 pixels across
        ("near", [(10, 10), (10, 40)]),  # ten pixels between them
        ("between", [(10, 26), (12, 10), (8, 80)]),
        ("top", [(24, 50)]),
        ("rightmost", [(50, 84)]),
        ("middle", [(54, 70)]),
    ],
)
def test_clear_thresholds_are_stricter(relation, boxes):
    scene = [make_object(*box) for box in boxes]
    assert holds(relation, scene, *range(len(boxes)))
    assert not holds(relation, scene, *range(len(boxes)), thresholds=CLEAR_THRESHOLDS)


def test_unknown_relation_raises():
    scene = [make_object(10, 10), make_object(60, 60)]
    with pytest.raises(ValueError, match=r"`relation` must be between.*Received: relation='inside'"):
        holds("inside", scene, 0, 1)


def test_clear_relations_hold():
    clear = 0
    for seed in range(60):
        scene = sample_objects(seed)
        for relation in (*BINARY_RELATIONS, *REGIONS, "between"):
            for indices in permutations(range(6), 1 if relation in REGIONS else 2 + (relation == "between")):
                if holds(relation, scene, *indices, thresholds=CLEAR_THRESHOLDS):
                    clear += 1
                    assert holds(relation, scene, *indices)
    assert clear > 1000


def test_directions_match_pixel_pairs():
    """If a is left of b, then most pairs of their pixels are in this order."""
    checked = Counter()
    shifts = {"left": (0, -1), "right": (0, 1), "above": (-1, 0), "below": (1, 0)}
    for seed in range(80):
        scene = sample_objects(seed, 2)
        cells = [list(product(range(b.ymin, b.ymax, 3), range(b.xmin, b.xmax, 3))) for *_, b, _, _ in scene]
        for direction, (down, right) in shifts.items():
            if holds(direction, scene, 0, 1):
                pairs = list(product(*cells))
                num_ordered = sum(down * (a - c) + right * (b - d) > 0 for (a, b), (c, d) in pairs)
                assert num_ordered / len(pairs) > 0.8
                checked[direction] += 1
    assert checked.keys() == shifts.keys()
    assert min(checked.values()) >= 10


def test_directions_are_exclusive_and_have_inverses():
    held = Counter()
    for seed in range(100):
        scene = sample_objects(seed)
        for a, b in permutations(range(6), 2):
            assert sum(holds(direction, scene, a, b) for direction in DIRECTIONS) <= 1
            for relation, inverse in INVERSE_RELATIONS.items():
                held[relation] += holds(relation, scene, a, b)
                assert holds(relation, scene, a, b) == holds(inverse, scene, b, a)
    assert held.keys() == INVERSE_RELATIONS.keys()
    assert min(held.values()) >= 100


def test_occluding_object_is_in_front_and_not_near():
    scene = [make_object(10, 10, hidden_by=1), make_object(14, 14), make_object(10, 36)]
    assert holds("in front", scene, 1, 0)
    assert holds("behind", scene, 0, 1)
    assert not holds("behind", scene, 1, 0)
    assert not holds("near", scene, 0, 1)
    assert holds("near", scene, 1, 2)
    assert not holds("in front", scene, 2, 1)


def test_horizontal_flip_swaps_left_and_right():
    swapped = {"left": "right", "right": "left", "leftmost": "rightmost", "rightmost": "leftmost"}
    held = Counter()
    for seed in range(30):
        scene = sample_objects(seed)
        flipped = [
            scene_object._replace(box=Box(box.ymin, IMAGE_SIZE - box.xmax, box.ymax, IMAGE_SIZE - box.xmin))
            for scene_object in scene
            for box in [scene_object.box]
        ]
        for relation in (*BINARY_RELATIONS, *REGIONS):
            flipped_relation = swapped.get(relation, relation)
            for indices in permutations(range(6), 1 if relation in REGIONS else 2):
                held[relation] += holds(relation, scene, *indices)
                assert holds(relation, scene, *indices) == holds(flipped_relation, flipped, *indices)
    assert held.keys() == {*BINARY_RELATIONS, *REGIONS}
    assert min(held.values()) >= 10
