from random import Random

import pytest

from foveal.datasets.scenes.descriptions import Description, NounPhrase, names, say
from foveal.datasets.scenes.scene_objects import Box, SceneObject

BOX = Box(0, 0, 20, 20)
SCENE = [
    SceneObject("star", "red", "small", "plain", BOX),
    SceneObject("star", "red", "big", "plain", BOX),
    SceneObject("star", "orange", "big", "dotted", BOX),
    SceneObject("arrow", "red", "big", "plain", BOX),
]


def test_what_a_description_names():
    assert Description(colour="red").named(SCENE) == (0, 1, 3)
    assert Description(colour="red", shape="star").named(SCENE) == (0, 1)
    assert Description(size="big", colour="red", shape="star").named(SCENE) == (1,)
    assert Description().named(SCENE) == (0, 1, 2, 3)
    assert Description(texture="striped").named(SCENE) == ()


def test_names_fit_exactly_what_they_name_and_nothing_nameable_is_missing():
    found = names(SCENE)
    assert {(0,), (1,), (2,), (3,), (0, 1), (0, 1, 2), (0, 1, 3), (0, 1, 2, 3)} <= found.keys()
    for objects, descriptions in found.items():
        assert descriptions
        for description in descriptions:
            fitting = [
                index
                for index, item in enumerate(SCENE)
                if all(said in (None, kept) for said, kept in zip(
                    description, (item.size, item.texture, item.colour, item.shape), strict=True))
            ]  # fmt: skip
            assert tuple(fitting) == objects


def test_twins_are_named_together_only():
    twins = [SCENE[0], SCENE[0], SCENE[3]]
    assert {(0,), (1,)} & names(twins).keys() == set()
    assert (0, 1) in names(twins)


@pytest.mark.parametrize(
    ("words", "count", "a", "the", "one", "be"),
    [
        ("orange star", 1, "an orange star", "the orange star", "one orange star", "is"),
        ("red stars", 2, "two red stars", "the two red stars", "two red stars", "are"),
        ("arrow", 1, "an arrow", "the arrow", "one arrow", "is"),
        ("checkered arrow", 1, "a checkered arrow", "the checkered arrow", "one checkered arrow", "is"),
    ],
)
def test_determiners(words, count, a, the, one, be):
    phrase = NounPhrase(words, tuple(range(count)), Description())
    assert (phrase.a, phrase.the, phrase.one, phrase.be) == (a, the, one, be)


def test_words_come_in_the_order_of_english():
    full = Description("big", "dotted", "orange", "star")
    assert {say(Random(seed), (2,), [full]).words for seed in range(20)} == {
        "big dotted orange star",
        "large dotted orange star",
    }
    assert say(Random(0), (0, 1, 2), [Description(shape="star")]).words == "stars"
    assert {say(Random(seed), (0, 1, 2, 3), [Description()]).words for seed in range(20)} == {
        "shapes",
        "objects",
    }


def test_colour_and_shape_are_said_more_readily_than_size_and_texture():
    plain = Description(colour="red", shape="star")
    assert plain.weight() > Description("big", colour="red", shape="star").weight()
    assert plain.weight() > Description(shape="star").weight()
    assert Description(texture="striped").weight() > Description(texture="plain").weight()
