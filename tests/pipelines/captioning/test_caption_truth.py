import numpy as np
import pytest

from foveal.datasets.scenes.scene_objects import Box, SceneObject
from foveal.pipelines.captioning.caption_truth import CaptionJudge, named_boxes, truth

TABLE = {
    "shape": np.array(["star", "circle", "circle"]),
    "colour": np.array(["red", "blue", "blue"]),
    "size": np.array(["small", "big", "small"]),
    "texture": np.array(["plain", "striped", "plain"]),
    "bbox": np.array([(10, 10, 30, 30), (20, 70, 60, 110), (100, 10, 124, 34)]) / 128,
    "visible": np.ones(3),
    "hidden_by": np.array([-1, -1, -1]),
}


@pytest.mark.parametrize(
    ("caption", "understood", "true", "exact"),
    [
        ("a red star is left of a striped circle", 1, 1, 1.0),
        ("A red star is left of a striped circle.", 1, 1, 1.0),
        ("a red star is right of a striped circle", 1, 0, 1.0),  # the relation is wrong
        ("a green star is left of a striped circle", 1, 0, 0.5),  # an attribute is
        ("two blue circles and one star", 1, 1, 1.0),
        ("three blue circles and one star", 1, 0, 0.5),  # a number is
        ("a dog runs on the grass", 0, 0, 0.0),
        ("", 0, 0, 0.0),
    ],
)
def test_a_caption_is_judged_by_its_picture(caption, understood, true, exact):
    told = truth([caption], [TABLE])
    assert (told["understood"], told["true"], told["exact_attributes"]) == (understood, true, exact)


def test_shares_are_over_all_captions():
    told = truth(["a red star is left of a big circle", "nonsense", "a star and a heart"], [TABLE] * 3)
    assert told["understood"] == pytest.approx(2 / 3, abs=1e-4)
    assert told["true"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["exact_attributes"] == pytest.approx(3 / 4, abs=1e-4)


def test_a_judge_knows_the_pictures_by_their_places():
    other = {**TABLE, "colour": np.array(["green"] * len(TABLE["colour"]))}
    judge = CaptionJudge([TABLE, other])
    captions = "a red star is left of a circle", "a star is left of a circle", "nonsense"
    assert [judge(one, 0) for one in captions] == [True, True, False]
    assert [judge(one, 1) for one in captions] == [False, True, False]


def test_boxes_are_read_in_pixels():
    item = SceneObject("star", "red", "small", "plain", Box(10, 10, 30, 30))
    assert item.box.centre == (20, 20)
    assert truth(["a red star near the top"], [TABLE])["true"] == 1
    assert truth(["a red star near the bottom"], [TABLE])["true"] == 0


def test_a_phrase_may_speak_of_any_object_that_it_fits():
    (first, last, star), (_, _, circles) = named_boxes("a red star is left of a blue circle", TABLE)
    assert (first, last) == (0, 10)
    np.testing.assert_allclose(star * 128, [(10, 10, 30, 30)])
    np.testing.assert_allclose(circles, TABLE["bbox"][1:])


def test_a_phrase_that_fits_nothing_has_no_boxes():
    assert [found[:2] for found in named_boxes("a green star is left of a circle", TABLE)] == [(24, 32)]
    assert named_boxes("a dog runs", TABLE) == []
