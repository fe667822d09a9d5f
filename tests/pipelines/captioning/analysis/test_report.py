import io
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.analysis.report import MEASURES, report_examples
from foveal.pipelines.evaluation.report import beside_controls

HEIGHT, WIDTH = 40, 60  # 2 x 3 cells of 20 x 20
HEADS = np.random.default_rng(0).dirichlet(np.ones(6), (5, 3, 2)).reshape(5, 3, 2, 2, 3)
OFFSETS = [(0, 1), (2, 4), (4, 5), (6, 10), (10, 10)]  # a | re | d | star | [END]
REGIONS = [[(r, c, r + 20, c + 20) for c in (0, 20, 40)] for r in (0, 20)]
OBJECTS = {
    "shape": np.array(["star", "star"]),
    "colour": np.array(["red", "blue"]),
    "size": np.array(["big", "big"]),
    "texture": np.array(["plain", "plain"]),
    "bbox": np.array([(0.0, 0.0, 0.5, 0.45), (0.5, 0.5, 1.0, 1.0)]),
    "hidden_by": np.array([-1, -1]),
}


def looked_at(*args, **settings) -> list[Any]:
    return report_examples(*args, **settings)


def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), colour).save(file, "PNG")
    return file.getvalue()


def signature(caption="a red star", heads=HEADS):
    """Always the same answer; what is told is the mean of block 3."""

    def answer(image):
        told = {
            "text": np.array([caption.encode()], object),
            "attention": heads[None, :, 2].mean(axis=2),
            "attention_heads": heads[None],
            "gate_heads": np.full((1, 5, 3, 2), 0.5),
            "target_offsets": np.array([OFFSETS], np.int32),
            "regions": np.array([REGIONS], np.float32),
        }
        return {name: tf.constant(np.repeat(value, image.shape[0], axis=0)) for name, value in told.items()}

    return answer


def pictures(count=1, objects=None):
    images = tf.data.Dataset.from_tensor_slices([png((place, 100, 200)) for place in range(count)])
    references = [[f"Reference {place}."] for place in range(count)]
    return CaptionedImages(images, references, objects and [objects] * count)


def test_every_block_and_head_is_recorded_over_the_picture():
    first, second = looked_at(signature(), pictures(3), count=2)
    assert [record.layer.split(",")[0][-7:] for record in first.records] == ["block 3", "block 1", "block 2"]
    record = first.records[1]
    assert record.queries[0].labels == ["a", "red", "star"]
    assert record.keys[0].size == (HEIGHT, WIDTH)
    np.testing.assert_allclose(record.keys[0].boxes[4], [20, 20, 40, 40])
    np.testing.assert_allclose(record.weights[0, :, 1, 4], HEADS[1:3, 0, :, 1, 1].mean(0))
    assert (second.image[0, 0].tolist(), second.reference) == ([1, 100, 200], "Reference 1.")


def test_the_words_of_a_phrase_have_the_boxes_of_what_it_names():
    caption = "a red star is left of a star"
    (example,) = looked_at(signature(caption), pictures(objects=OBJECTS))
    assert example.records[0].queries[0].labels == caption.split()
    assert sorted(example.boxes) == [0, 1, 2, 6, 7]
    np.testing.assert_allclose(example.boxes[2], [[0, 0, 20, 27]])
    np.testing.assert_allclose(example.boxes[7], [[0, 0, 20, 27], [20, 30, 40, 60]])


def test_objects_without_attributes_give_no_boxes():
    (example,) = looked_at(signature(), pictures(objects={"bbox": OBJECTS["bbox"]}))
    assert example.boxes == {}


def test_measures_speak_of_the_words_of_phrases():
    heads = np.zeros_like(HEADS)
    heads[..., 0, 0] = 0.75  # whose middle is in the box of the red star
    heads[..., 1, 1] = 0.25
    heads[3] = 0
    heads[3, ..., 1, 2] = 1  # `star` looks elsewhere
    shown, numbers = beside_controls(
        looked_at(signature("a red star near the top", heads), pictures(objects=OBJECTS)), MEASURES
    )
    assert sorted(shown[0].boxes) == [0, 1, 2]
    assert numbers["pointing game"]["model"] == pytest.approx(2 / 3)
    assert numbers["pointing game, nouns"]["model"] == 0
    assert numbers["pointing game, nouns"]["uniform"] == pytest.approx(1 / 6)
    assert numbers["attention in the boxes"]["model"] == pytest.approx((0.75 + 0.75 + 0) / 3)
    assert numbers["attention in the boxes"]["uniform"] == pytest.approx((20 * 27) / (40 * 60))
    assert numbers["pointing game"]["uniform"] == pytest.approx(1 / 6)  # one cell of six has its middle there


def test_a_picture_without_a_caption_is_left_out():
    assert looked_at(signature(""), pictures()) == []
