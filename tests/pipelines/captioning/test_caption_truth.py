"""Tests of the truth of captions."""

import numpy as np
import pytest

from foveal.datasets.scenes.scene_objects import Box, SceneObject
from foveal.pipelines.captioning.caption_truth import CaptionJudge, caption_truth, named_boxes

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
def test_caption_truth_checks_objects_attributes_and_relations(caption, understood, true, exact):
    scores = caption_truth([caption], [TABLE])
    assert (scores["understood"], scores["true"], scores["exact_attributes"]) == (understood, true, exact)


def test_caption_truth_averages_over_captions():
    scores = caption_truth(
        ["a red star is left of a big circle", "nonsense", "a star and a heart"], [TABLE] * 3
    )
    assert scores["understood"] == pytest.approx(2 / 3, abs=1e-4)
    assert scores["true"] == pytest.approx(1 / 3, abs=1e-4)
    assert scores["exact_attributes"] == pytest.approx(3 / 4, abs=1e-4)


def test_caption_judge_indexes_images():
    green_table = {**TABLE, "colour": np.array(["green"] * len(TABLE["colour"]))}
    judge = CaptionJudge([TABLE, green_table])
    captions = "a red star is left of a circle", "a star is left of a circle", "nonsense"
    assert [judge(caption, 0) for caption in captions] == [True, True, False]
    assert [judge(caption, 1) for caption in captions] == [False, True, False]


def test_boxes_are_converted_to_pixels():
    scene_object = SceneObject("star", "red", "small", "plain", Box(10, 10, 30, 30))
    assert scene_object.box.centre == (20, 20)
    assert caption_truth(["a red star near the top"], [TABLE])["true"] == 1
    assert caption_truth(["a red star near the bottom"], [TABLE])["true"] == 0


def test_named_boxes_returns_every_matching_object():
    (first, last, star), (_, _, circles) = named_boxes("a red star is left of a blue circle", TABLE)
    assert (first, last) == (0, 10)
    np.testing.assert_allclose(star * 128, [(10, 10, 30, 30)])
    np.testing.assert_allclose(circles, TABLE["bbox"][1:])


def test_named_boxes_skips_phrases_without_match():
    assert [box[:2] for box in named_boxes("a green star is left of a circle", TABLE)] == [(24, 32)]
    assert named_boxes("a dog runs", TABLE) == []
