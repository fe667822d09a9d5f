"""Descriptions of objects and their noun phrases."""

from random import Random

import pytest

from foveal.datasets.scenes.descriptions import Description, NounPhrase, nameable_objects, sample_noun_phrase
from foveal.datasets.scenes.scene_objects import Box, SceneObject

BOX = Box(0, 0, 20, 20)
SCENE = [
    SceneObject("star", "red", "small", "plain", BOX),
    SceneObject("star", "red", "big", "plain", BOX),
    SceneObject("star", "orange", "big", "dotted", BOX),
    SceneObject("arrow", "red", "big", "plain", BOX),
]


def test_matching_indices_require_all_mentioned_attributes():
    assert Description(colour="red").matching_indices(SCENE) == (0, 1, 3)
    assert Description(colour="red", shape="star").matching_indices(SCENE) == (0, 1)
    assert Description(size="big", colour="red", shape="star").matching_indices(SCENE) == (1,)
    assert Description().matching_indices(SCENE) == (0, 1, 2, 3)
    assert Description(texture="striped").matching_indices(SCENE) == ()


def test_nameable_objects_are_matched_exactly():
    descriptions_of = nameable_objects(SCENE)
    assert {(0,), (1,), (2,), (3,), (0, 1), (0, 1, 2), (0, 1, 3), (0, 1, 2, 3)} <= descriptions_of.keys()
    for objects, descriptions in descriptions_of.items():
        assert descriptions
        for description in descriptions:
            matching = [
                index
                for index, item in enumerate(SCENE)
                if all(value in (None, actual) for value, actual in zip(
                    description, (item.size, item.texture, item.colour, item.shape), strict=True))
            ]  # fmt: skip
            assert tuple(matching) == objects


def test_identical_objects_have_only_joint_descriptions():
    twins = [SCENE[0], SCENE[0], SCENE[3]]
    assert {(0,), (1,)} & nameable_objects(twins).keys() == set()
    assert (0, 1) in nameable_objects(twins)


@pytest.mark.parametrize(
    ("words", "count", "a", "the", "numeral", "be"),
    [
        ("orange star", 1, "an orange star", "the orange star", "one orange star", "is"),
        ("red stars", 2, "two red stars", "the two red stars", "two red stars", "are"),
        ("arrow", 1, "an arrow", "the arrow", "one arrow", "is"),
        ("checkered arrow", 1, "a checkered arrow", "the checkered arrow", "one checkered arrow", "is"),
    ],
)
def test_noun_phrase_forms(words, count, a, the, numeral, be):
    phrase = NounPhrase(words, tuple(range(count)), Description())
    assert (phrase.a, phrase.the, phrase.numeral, phrase.be) == (a, the, numeral, be)


def test_sample_noun_phrase_orders_adjectives():
    full = Description("big", "dotted", "orange", "star")
    assert {sample_noun_phrase(Random(seed), (2,), [full]).words for seed in range(20)} == {
        "big dotted orange star",
        "large dotted orange star",
    }
    assert sample_noun_phrase(Random(0), (0, 1, 2), [Description(shape="star")]).words == "stars"
    assert {sample_noun_phrase(Random(seed), (0, 1, 2, 3), [Description()]).words for seed in range(20)} == {
        "shapes",
        "objects",
    }


def test_weight_favours_colour_and_shape():
    plain = Description(colour="red", shape="star")
    assert plain.weight() > Description("big", colour="red", shape="star").weight()
    assert plain.weight() > Description(shape="star").weight()
    assert Description(texture="striped").weight() > Description(texture="plain").weight()
