"""Sampler of captions."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from foveal.datasets.scenes.caption_templates import TEMPLATES
from foveal.datasets.scenes.captions import CaptionSampler, fill_template
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.descriptions import Description, NounPhrase
from foveal.datasets.scenes.relations import CLEAR_THRESHOLDS, holds
from foveal.datasets.scenes.scene_objects import IMAGE_SIZE, Box, SceneObject

SMALL = {"train": 120, "validation": 1, "test": 1, "test_compositions": 30}


@pytest.fixture(scope="module")
def scenes():
    return [scene for split in splits(seed=5, sizes=SMALL).values() for scene in split]


def test_phrase_spans_match_bytes_of_noun_phrases(scenes):
    for scene in scenes:
        for caption in scene.captions:
            text = caption.text.encode()
            for phrase in caption.phrases:
                words = text[phrase.start : phrase.end].decode().lower().split()
                assert words[0] in ("a", "an", "the", "one", "two", "three", "four", "five", "six")
                mentioned = {value for value in phrase.description if value}
                forms = {form for word in words for form in (word, word.rstrip("s"), word[:-2])}
                assert forms & mentioned or not mentioned
            starts = [phrase.start for phrase in caption.phrases]
            assert starts == sorted(set(starts))


def test_descriptions_match_exactly_their_objects(scenes):
    order = ("size", "texture", "colour", "shape")
    for scene in scenes:
        for caption in scene.captions:
            for phrase in caption.phrases:
                matches = [
                    all(
                        value in (None, getattr(scene_object, name))
                        for name, value in zip(order, phrase.description, strict=True)
                    )
                    for scene_object in scene.objects
                ]
                assert [index for index, match in enumerate(matches) if match] == list(phrase.objects)


def true_by_boxes(relation, scene, a, b=None, c=None):
    """Evaluate a relation from the edges of the boxes, with slightly lower thresholds."""
    boxes = [scene_object.box for scene_object in scene]
    centre = [((box.xmin + box.xmax) / 2, (box.ymin + box.ymax) / 2) for box in boxes]
    x, y = centre[a]
    if b is None:
        return {"top": y < 42, "bottom": y > IMAGE_SIZE - 42,
                "leftmost": x < 42, "rightmost": x > IMAGE_SIZE - 42,
                "middle": abs(x - 64) < 20 and abs(y - 64) < 20}[relation]  # fmt: skip
    dx, dy = x - centre[b][0], y - centre[b][1]
    if c is not None:
        (u, v), (w, z) = centre[b], centre[c]
        return u < x < w or w < x < u or v < y < z or z < y < v
    first, second = boxes[a], boxes[b]
    gap = max(first.ymin - second.ymax, second.ymin - first.ymax,
              first.xmin - second.xmax, second.xmin - first.xmax)  # fmt: skip
    return {"left": -dx > 12 and -dx > abs(dy), "right": dx > 12 and dx > abs(dy),
            "above": -dy > 12 and -dy > abs(dx), "below": dy > 12 and dy > abs(dx),
            "near": 0 <= gap <= 12,
            "in front": a > b and gap < 3 and scene[b].visible < 0.95,
            "behind": b > a and gap < 3 and scene[a].visible < 0.95}[relation]  # fmt: skip


def test_claims_are_true_by_boxes(scenes):
    checked = set()
    for scene in scenes:
        for caption in scene.captions:
            for relation, *objects in caption.claims:
                if relation == "among":
                    assert set(objects[0]) < set(objects[1])
                    continue
                for indices in product(*objects):
                    assert true_by_boxes(relation, scene.objects, *indices), caption.text
                checked.add(relation)
    assert len(checked) == 13


def test_claims_hold_clearly(scenes):
    checked = Counter()
    for scene in scenes:
        for caption in scene.captions:
            for relation, *objects in caption.claims:
                if relation != "among":
                    clear = [
                        holds(relation, scene.objects, *indices, thresholds=CLEAR_THRESHOLDS)
                        for indices in product(*objects)
                    ]
                    assert all(clear), caption.text
                    checked[relation] += len(clear)
    assert len(checked) == 13
    assert min(checked.values()) >= 10


def test_captions_are_distinct_with_at_most_three_phrases(scenes):
    for scene in scenes:
        assert len({caption.text for caption in scene.captions}) == 5
        assert all(1 <= len(caption.phrases) <= 3 for caption in scene.captions)


def test_sample_caption_covers_every_template_kind(scenes):
    random = Random(0)
    for kind in TEMPLATES:
        assert any(
            CaptionSampler(random, scene.objects).sample_caption(kind) for scene in scenes for _ in range(3)
        ), kind


def test_fill_template_fills_slots_and_records_bytes():
    a = NounPhrase("orange star", (1,), Description())
    b = NounPhrase("rings", (0, 2), Description())
    caption = fill_template("{a.a} {a.be} {r} {b.the}", {"a": a, "b": b, "r": "above"}, [])
    assert caption.text == "An orange star is above the two rings."
    assert [phrase[:3] for phrase in caption.phrases] == [(0, 14, (1,)), (24, 37, (0, 2))]


def test_sample_captions_returns_none_without_enough_claims():
    twins = [SceneObject("star", "red", "big", "plain", Box(40, left, 60, left + 20)) for left in (25, 50)]
    assert CaptionSampler(Random(0), twins).sample_captions(50) is None
