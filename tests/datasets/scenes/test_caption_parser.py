"""Parser of captions and their truth in an image."""

from itertools import product
from random import Random

import pytest

from foveal.datasets.scenes.caption_parser import ground_phrases, is_true, parse_caption
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.descriptions import Description
from foveal.datasets.scenes.scene_objects import Box, SceneObject
from foveal.datasets.scenes.vocabulary import COLOURS

SMALL = {"train": 100, "validation": 1, "test": 1, "test_compositions": 21}
SCENE = [
    SceneObject("star", "red", "small", "plain", Box(10, 10, 30, 30)),
    SceneObject("star", "blue", "big", "dotted", Box(10, 60, 50, 100)),
    SceneObject("ring", "red", "big", "plain", Box(70, 10, 110, 50), 0.7, 3),
    SceneObject("arrow", "white", "small", "plain", Box(80, 40, 100, 60)),
]


@pytest.fixture(scope="module")
def scenes():
    return [scene for split in splits(seed=8, sizes=SMALL).values() for scene in split]


def test_parse_caption_recovers_sampled_captions_which_are_true(scenes):
    for scene in scenes:
        for caption in scene.captions:
            parsed = parse_caption(caption.text)
            assert parsed is not None, caption.text
            expected = sorted((phrase.description for phrase in caption.phrases), key=str)
            assert sorted((mention.description for mention in parsed.mentions.values()), key=str) == expected
            counts = sorted(len(phrase.objects) for phrase in caption.phrases)
            assert sorted(mention.count for mention in parsed.mentions.values()) == counts
            claims = [claim[0] for claim in parsed.claims if claim[0] != "count"]
            assert claims == [claim[0] for claim in caption.claims]
            assert is_true(parsed, scene.objects)


def test_captions_are_rarely_true_of_another_image(scenes):
    random = Random(0)
    truths = [
        is_true(parsed, random.choice(scenes).objects)
        for scene in scenes
        for caption in scene.captions
        if (parsed := parse_caption(caption.text))
    ]
    assert sum(truths) / len(truths) < 0.03


def test_wrong_colour_is_false(scenes):
    refuted = 0
    for scene in scenes[:40]:
        absent = sorted(set(COLOURS) - {scene_object.colour for scene_object in scene.objects})
        for caption in scene.captions:
            mentioned = [phrase.description.colour for phrase in caption.phrases if phrase.description.colour]
            for right, wrong in product(mentioned, absent):
                parsed = parse_caption(caption.text.replace(right, wrong))
                assert parsed is None or not is_true(parsed, scene.objects), (caption.text, wrong)
                refuted += parsed is not None
    assert refuted > 2000


@pytest.mark.parametrize(
    "caption",
    [
        "A red star is left of a blue star.",
        "a star is left of a dotted star",  # true of one of two stars
        "There are two stars and a ring.",
        "A RING IS BEHIND AN ARROW",
        "A red ring is partly hidden by the arrow.",
        "A white arrow covering a part of a big red ring.",
        "A small red star is above a red ring.",
        "There are four objects, and one of them is an arrow.",
        "A big dotted blue star is at the top of the picture.",
    ],
)
def test_is_true_accepts_true_caption(caption):
    parsed = parse_caption(caption)
    assert parsed is not None
    assert is_true(parsed, SCENE)


@pytest.mark.parametrize(
    "caption",
    [
        "A red star is right of a blue star.",
        "A green star is left of a blue star.",
        "A striped red star is left of a blue star.",
        "One star and two rings.",
        "There are three stars and a ring.",
        "A blue star is left of a blue star.",  # no object is left of itself
        "A ring is in front of an arrow.",
        "There are five objects, and one of them is an arrow.",
        "Two red stars near the top.",
    ],
)
def test_is_true_rejects_false_caption(caption):
    parsed = parse_caption(caption)
    assert parsed is not None
    assert not is_true(parsed, SCENE)


@pytest.mark.parametrize("caption", ["", "A dog runs.", "A red star left.", "star", "A red star is left of."])
def test_parse_caption_returns_none_without_match(caption):
    assert parse_caption(caption) is None


def test_parse_caption_matches_hand_example():
    parsed = parse_caption("The two large striped blue hearts are to the left of an arrow.")
    assert parsed is not None
    assert parsed.mentions == {
        "a": (2, Description("big", "striped", "blue", "heart")),
        "b": (1, Description(shape="arrow")),
    }
    assert parsed.claims == [("left", "a", "b")]


def test_ground_phrases_recovers_sampled_spans(scenes):
    for scene in scenes:
        for caption in scene.captions:
            grounded = {
                (start, end): set(objects)
                for start, end, objects in ground_phrases(caption.text, scene.objects)
            }
            assert grounded.keys() == {(phrase.start, phrase.end) for phrase in caption.phrases}
            assert all(
                set(phrase.objects) <= grounded[phrase.start, phrase.end] for phrase in caption.phrases
            )


def test_ground_phrases_matches_hand_example():
    assert ground_phrases("  a red star is left of two rings.", SCENE) == [(2, 12, (0,)), (24, 33, (2,))]
    assert ground_phrases("A dog runs.", SCENE) == []
