from collections import Counter
from itertools import product
from random import Random

import pytest

from foveal.datasets.scenes.caption_templates import TEMPLATES
from foveal.datasets.scenes.captions import CaptionSampler, write
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.descriptions import Description, NounPhrase
from foveal.datasets.scenes.relations import CLEAR_THRESHOLDS, holds
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE, Box, SceneObject

SMALL = {"train": 120, "validation": 1, "test": 1, "test_compositions": 30}


@pytest.fixture(scope="module")
def scenes():
    return [scene for split in splits(seed=5, sizes=SMALL).values() for scene in split]


def test_spans_cut_the_noun_phrases_out_of_the_bytes(scenes):
    for scene in scenes:
        for caption in scene.captions:
            text = caption.text.encode()
            for phrase in caption.phrases:
                words = text[phrase.start : phrase.end].decode().lower().split()
                assert words[0] in ("a", "an", "the", "one", "two", "three", "four", "five", "six")
                said = [word for word in phrase.description if word]
                assert [w for w in words if w in said or w.rstrip("s") in said or w[:-2] in said] or not said
            starts = [phrase.start for phrase in caption.phrases]
            assert starts == sorted(set(starts))


def test_what_is_said_of_objects_fits_them_and_no_others(scenes):
    order = ("size", "texture", "colour", "shape")
    for scene in scenes:
        for caption in scene.captions:
            for phrase in caption.phrases:
                fits = [
                    all(
                        said in (None, getattr(item, name))
                        for name, said in zip(order, phrase.description, strict=True)
                    )
                    for item in scene.items
                ]
                assert [index for index, fit in enumerate(fits) if fit] == list(phrase.objects)


def true_by_boxes(relation, scene, a, b=None, c=None):
    """The relations once more, from the edges of the boxes alone and a little more generous."""
    centre = [((i.box.xmin + i.box.xmax) / 2, (i.box.ymin + i.box.ymax) / 2) for i in scene]
    x, y = centre[a]
    if b is None:
        return {"top": y < 42, "bottom": y > IMAGE_SIZE - 42, "leftmost": x < 42, "rightmost": x > IMAGE_SIZE - 42,
                "middle": abs(x - 64) < 20 and abs(y - 64) < 20}[relation]  # fmt: skip
    dx, dy = x - centre[b][0], y - centre[b][1]
    if c is not None:
        (u, v), (w, z) = centre[b], centre[c]
        return u < x < w or w < x < u or v < y < z or z < y < v
    one, other = scene[a].box, scene[b].box
    apart = max(one.ymin - other.ymax, other.ymin - one.ymax, one.xmin - other.xmax, other.xmin - one.xmax)
    return {"left": -dx > 12 and -dx > abs(dy), "right": dx > 12 and dx > abs(dy),
            "above": -dy > 12 and -dy > abs(dx), "below": dy > 12 and dy > abs(dx),
            "near": 0 <= apart <= 12,
            "in front": a > b and apart < 3 and scene[b].visible < 0.95,
            "behind": b > a and apart < 3 and scene[a].visible < 0.95}[relation]  # fmt: skip


def test_every_relation_is_true_by_the_boxes(scenes):
    checked = set()
    for scene in scenes:
        for caption in scene.captions:
            for relation, *objects in caption.claims:
                if relation == "among":
                    assert set(objects[0]) < set(objects[1])
                    continue
                for indices in product(*objects):
                    assert true_by_boxes(relation, scene.items, *indices), caption.text
                checked.add(relation)
    assert len(checked) == 13


def test_only_what_is_clear_is_said(scenes):
    checked = Counter()
    for scene in scenes:
        for caption in scene.captions:
            for relation, *objects in caption.claims:
                if relation != "among":
                    clear = [
                        holds(relation, scene.items, *one, thresholds=CLEAR_THRESHOLDS)
                        for one in product(*objects)
                    ]
                    assert all(clear), caption.text
                    checked[relation] += len(clear)
    assert len(checked) == 13
    assert min(checked.values()) >= 10


def test_five_different_captions_each_of_at_most_four_things(scenes):
    for scene in scenes:
        assert len({caption.text for caption in scene.captions}) == 5
        assert all(1 <= len(caption.phrases) <= 3 for caption in scene.captions)


def test_every_kind_of_sentence_is_written(scenes):
    random = Random(0)
    for kind in TEMPLATES:
        assert any(CaptionSampler(random, scene.items).caption(kind) for scene in scenes for _ in range(3)), (
            kind
        )


def test_writing_fills_slots_and_notes_bytes():
    a = NounPhrase("orange star", (1,), Description())
    b = NounPhrase("rings", (0, 2), Description())
    caption = write("{a.a} {a.be} {r} {b.the}", {"a": a, "b": b, "r": "above"}, [])
    assert caption.text == "An orange star is above the two rings."
    assert [phrase[:3] for phrase in caption.phrases] == [(0, 14, (1,)), (24, 37, (0, 2))]


def test_where_there_is_too_little_to_say_nothing_is_written():
    twins = [SceneObject("star", "red", "big", "plain", Box(40, 25 * i, 60, 25 * i + 20)) for i in (1, 2)]
    assert CaptionSampler(Random(0), twins).captions(50) is None
