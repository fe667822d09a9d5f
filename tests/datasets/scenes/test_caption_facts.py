"""Facts of captions: the words that the image determines, and the first false one."""

from random import Random

import pytest

from foveal.datasets.scenes.caption_facts import caption_facts, check_facts
from foveal.datasets.scenes.caption_parser import is_true, parse_caption
from foveal.datasets.scenes.corpus import splits
from foveal.datasets.scenes.scene_objects import Box, SceneObject

SMALL = {"train": 60, "validation": 1, "test": 1, "test_compositions": 21}
SCENE = [
    SceneObject("star", "red", "small", "plain", Box(10, 10, 30, 30)),  # top left
    SceneObject("star", "blue", "big", "dotted", Box(10, 60, 50, 100)),
    SceneObject("ring", "red", "big", "plain", Box(70, 10, 110, 50), 0.7, 3),  # bottom left
    SceneObject("arrow", "white", "small", "plain", Box(80, 40, 100, 60)),
]


@pytest.fixture(scope="module")
def scenes():
    return [scene for split in splits(seed=8, sizes=SMALL).values() for scene in split]


def words_of(caption):
    return [caption[fact.start : fact.end] for fact in caption_facts(caption) or []]


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("The picture shows a small star to the left of a ring.", "small star left ring"),
        ("  two dotted red objects are higher up than an arrow", "two dotted red higher arrow"),
        ("One of a kind.", None),
        ("There are three stars, and one of them is a big star", "three stars big star"),
        ("a shape is partly hidden by the object", "partly"),
        ("Between a cross and the ring there is one star.", "Between cross ring star"),
        ("near the left edge there is a shape", "left"),
        ("a star at the top of the picture and a ring in the middle", "star top ring middle"),
        ("a star covering a part of a ring", "star covering ring"),
    ],
)
def test_facts_are_the_words_that_the_image_determines(caption, words):
    if words is None:
        assert caption_facts(caption) is None
    else:
        assert words_of(caption) == words.split()


def num_true_facts(caption, scene):
    checked = check_facts(caption, scene)
    assert checked is not None
    assert checked.facts == caption_facts(caption)
    return checked.num_true


def test_facts_of_sampled_captions_hold(scenes):
    for scene in scenes:
        for caption in scene.captions:
            assert num_true_facts(caption.text, scene.objects) == len(words_of(caption.text))


def test_all_facts_hold_exactly_for_true_captions(scenes):
    random, num_true = Random(1), 0
    for scene in scenes:
        for caption in scene.captions:
            other = random.choice(scenes).objects
            parsed = parse_caption(caption.text)
            assert parsed is not None
            holds = is_true(parsed, other)
            assert (num_true_facts(caption.text, other) == len(words_of(caption.text))) == holds
            num_true += holds
    assert num_true


@pytest.mark.parametrize(
    ("caption", "false_word"),
    [
        ("a small blue star is near the top", "blue"),  # the small star is red
        ("a red star is near the bottom", "bottom"),
        ("a ring is right of a star", "right"),  # nothing is left of the ring
        ("a star is above an arrow", None),
        ("a star is above a cross", "cross"),
        ("a blue star is left of a ring", "left"),
        ("two red stars are near the top", "stars"),  # two red objects, one red star
        ("two stars near the top and an arrow near the right edge", "right"),
        ("two stars near the top and a ring on the left side of the picture", None),
        ("three stars and one ring", "stars"),
        ("five stars and one ring", "five"),
        ("one star and two rings", "rings"),
    ],
)
def test_first_false_fact(caption, false_word):
    count = num_true_facts(caption, SCENE)
    words = words_of(caption)
    assert count == (len(words) if false_word is None else words.index(false_word))


def test_prefix_of_facts_does_not_depend_on_later_words():
    assert num_true_facts("a red star is near the top", SCENE) == 3
    assert num_true_facts("a red star near the top, left of a cross", SCENE) == 4


def test_caption_that_cannot_be_parsed_has_no_facts():
    assert check_facts("a cat on a mat", SCENE) is None
