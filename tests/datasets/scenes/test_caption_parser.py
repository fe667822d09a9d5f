from itertools import product
from random import Random

import pytest

from foveal.datasets.scenes.caption_parser import is_true, locate, read
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


def test_every_written_caption_is_read_as_it_was_meant_and_is_true(scenes):
    for scene in scenes:
        for caption in scene.captions:
            reading = read(caption.text)
            assert reading is not None, caption.text
            meant = sorted((phrase.description for phrase in caption.phrases), key=str)
            assert sorted((mention.description for mention in reading.mentions.values()), key=str) == meant
            counts = sorted(len(phrase.objects) for phrase in caption.phrases)
            assert sorted(mention.count for mention in reading.mentions.values()) == counts
            claims = [claim[0] for claim in reading.claims if claim[0] != "count"]
            assert claims == [claim[0] for claim in caption.claims]
            assert is_true(reading, scene.items)


def test_captions_are_seldom_true_of_another_picture(scenes):
    random = Random(0)
    true = [
        is_true(reading, random.choice(scenes).items)
        for scene in scenes
        for caption in scene.captions
        if (reading := read(caption.text))
    ]
    assert sum(true) / len(true) < 0.03


def test_a_wrong_colour_is_seen(scenes):
    refuted = 0
    for scene in scenes[:40]:
        absent = sorted(set(COLOURS) - {item.colour for item in scene.items})
        for caption in scene.captions:
            said = [phrase.description.colour for phrase in caption.phrases if phrase.description.colour]
            for right, wrong in product(said, absent):
                reading = read(caption.text.replace(right, wrong))
                assert reading is None or not is_true(reading, scene.items), (caption.text, wrong)
                refuted += reading is not None
    assert refuted > 2000


@pytest.mark.parametrize(
    "caption",
    [
        "A red star is left of a blue star.",
        "a star is left of a dotted star",  # one of the two is
        "There are two stars and a ring.",
        "A RING IS BEHIND AN ARROW",
        "A red ring is partly hidden by the arrow.",
        "A white arrow covering a part of a big red ring.",
        "A small red star is above a red ring.",
        "There are four objects, and one of them is an arrow.",
        "A big dotted blue star is at the top of the picture.",
    ],
)
def test_true_captions(caption):
    reading = read(caption)
    assert reading is not None
    assert is_true(reading, SCENE)


@pytest.mark.parametrize(
    "caption",
    [
        "A red star is right of a blue star.",
        "A green star is left of a blue star.",
        "A striped red star is left of a blue star.",
        "One star and two rings.",
        "There are three stars and a ring.",
        "A blue star is left of a blue star.",  # not of itself
        "A ring is in front of an arrow.",
        "There are five objects, and one of them is an arrow.",
        "Two red stars near the top.",
    ],
)
def test_false_captions(caption):
    reading = read(caption)
    assert reading is not None
    assert not is_true(reading, SCENE)


@pytest.mark.parametrize("caption", ["", "A dog runs.", "A red star left.", "star", "A red star is left of."])
def test_what_is_no_such_sentence_is_not_understood(caption):
    assert read(caption) is None


def test_a_reading_by_hand():
    reading = read("The two large striped blue hearts are to the left of an arrow.")
    assert reading is not None
    assert reading.mentions == {
        "a": (2, Description("big", "striped", "blue", "heart")),
        "b": (1, Description(shape="arrow")),
    }
    assert reading.claims == [("left", "a", "b")]


def test_phrases_are_found_where_they_were_written(scenes):
    for scene in scenes:
        for caption in scene.captions:
            found = {(start, end): set(objects) for start, end, objects in locate(caption.text, scene.items)}
            assert found.keys() == {(phrase.start, phrase.end) for phrase in caption.phrases}
            assert all(set(phrase.objects) <= found[phrase.start, phrase.end] for phrase in caption.phrases)


def test_phrases_are_located_by_hand():
    assert locate("  a red star is left of two rings.", SCENE) == [(2, 12, (0,)), (24, 33, (2,))]
    assert locate("A dog runs.", SCENE) == []
