"""Tests of the report and plausibility of the captioner's attention."""

import io
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from foveal.datasets import CaptionedImages
from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report import ReportExample
from foveal.pipelines.captioning.analysis import report
from foveal.pipelines.captioning.analysis.report import MEASURES, plausibility, report_examples
from foveal.pipelines.evaluation.report import add_baselines

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


def build_examples(*args, **settings) -> list[Any]:
    return report_examples(*args, **settings)


def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (WIDTH, HEIGHT), colour).save(file, "PNG")
    return file.getvalue()


def signature(caption="a red star", heads=HEADS):
    """Return a signature with constant outputs; `attention` is the mean of layer 3."""

    def call(image):
        outputs = {
            "text": np.array([caption.encode()], object),
            "attention": heads[None, :, 2].mean(axis=2),
            "attention_heads": heads[None],
            "gate_heads": np.full((1, 5, 3, 2), 0.5),
            "target_offsets": np.array([OFFSETS], np.int32),
            "regions": np.array([REGIONS], np.float32),
        }
        return {
            name: tf.constant(np.repeat(value, image.shape[0], axis=0)) for name, value in outputs.items()
        }

    return call


def captioned_images(count=1, objects=None):
    images = tf.data.Dataset.from_tensor_slices([png((index, 100, 200)) for index in range(count)])
    references = [[f"Reference {index}."] for index in range(count)]
    return CaptionedImages(images, references, objects and [objects] * count)


def test_report_examples_record_every_layer_and_head():
    first, second = build_examples(signature(), captioned_images(3), count=2)
    assert [record.layer.split(",")[0][-7:] for record in first.records] == ["layer 3", "layer 1", "layer 2"]
    record = first.records[1]
    assert record.queries[0].labels == ["a", "red", "star"]
    assert record.keys[0].size == (HEIGHT, WIDTH)
    np.testing.assert_allclose(record.keys[0].boxes[4], [20, 20, 40, 40])
    np.testing.assert_allclose(record.weights[0, :, 1, 4], HEADS[1:3, 0, :, 1, 1].mean(0))
    assert (second.image[0, 0].tolist(), second.reference) == ([1, 100, 200], "Reference 1.")


def test_report_examples_ground_phrases_in_boxes():
    caption = "a red star is left of a star"
    (example,) = build_examples(signature(caption), captioned_images(objects=OBJECTS))
    assert example.records[0].queries[0].labels == caption.split()
    assert sorted(example.boxes) == [0, 1, 2, 6, 7]
    np.testing.assert_allclose(example.boxes[2], [[0, 0, 20, 27]])
    np.testing.assert_allclose(example.boxes[7], [[0, 0, 20, 27], [20, 30, 40, 60]])


def test_caption_that_is_not_true_of_the_image_is_an_error():
    (true,) = build_examples(signature("a red star near the top"), captioned_images(objects=OBJECTS))
    (false,) = build_examples(signature("a green star near the top"), captioned_images(objects=OBJECTS))
    (not_judged,) = build_examples(signature(), captioned_images())
    assert (true.error, false.error, not_judged.error) == (0, 1, None)
    assert false.error_name == "not true of the image"


def test_report_examples_without_attributes_have_no_boxes():
    (example,) = build_examples(signature(), captioned_images(objects={"bbox": OBJECTS["bbox"]}))
    assert example.boxes == {}


def test_measures_of_grounded_words():
    heads = np.zeros_like(HEADS)
    heads[..., 0, 0] = 0.75  # whose middle is in the box of the red star
    heads[..., 1, 1] = 0.25
    heads[3] = 0
    heads[3, ..., 1, 2] = 1  # `star` attends to another cell
    shown, measures = add_baselines(
        build_examples(signature("a red star near the top", heads), captioned_images(objects=OBJECTS)),
        MEASURES,
    )
    assert sorted(shown[0].boxes) == [0, 1, 2]
    assert measures["pointing game"]["model"] == pytest.approx(2 / 3)
    assert measures["pointing game, nouns"]["model"] == 0
    assert measures["pointing game, nouns"]["uniform"] == pytest.approx(1 / 6)
    assert measures["attention in the boxes"]["model"] == pytest.approx((0.75 + 0.75 + 0) / 3)
    assert measures["attention in the boxes"]["uniform"] == pytest.approx((20 * 27) / (40 * 60))
    assert measures["pointing game"]["uniform"] == pytest.approx(
        1 / 6
    )  # one cell of six has its middle there


def test_empty_caption_is_left_out():
    assert build_examples(signature(""), captioned_images()) == []


CELLS = ImageAxis(np.array([(0, 0, 20, 20), (0, 20, 20, 40), (0, 40, 20, 60), (0, 60, 20, 80)]), (20, 80))
IMAGES = tf.data.Dataset.from_tensor_slices([b"one", b"two", b"three"])
NO_SIGNATURE: Any = None  # the examples are given
SCENE = {"hidden_by": np.array([-1])}
LEFT = np.array([(0, 0, 20, 40)])


def two_word_example(weights, boxes):
    """Return an example of the words `red star` over four cells in a row."""
    words = TextAxis(["red", "star"], np.array([(0, 3), (4, 8)]))
    record = FocusRecord("layer", np.array(weights, float)[None, None], queries=[words], keys=[CELLS])
    return ReportExample([record], "red star", image=np.zeros((20, 80, 3), np.uint8), boxes=boxes)


@pytest.fixture
def measure(monkeypatch):
    """Return a function from examples to their plausibility measures."""

    def measure_examples(*examples):
        monkeypatch.setattr(report, "report_examples", lambda signature, test, count: examples[:count])
        return plausibility(NO_SIGNATURE, CaptionedImages(IMAGES, [["a"]] * 3, [SCENE] * 3))

    return measure_examples


def test_plausibility_averages_grounded_words_and_includes_baselines(measure):
    first = two_word_example([[0.5, 0.3, 0.2, 0.0], [0.1, 0.1, 0.2, 0.6]], {0: LEFT, 1: LEFT})
    second = two_word_example([[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]], {1: LEFT})
    measures = measure(first, second, two_word_example([[1, 0, 0, 0]] * 2, {}))
    assert measures["pointing game"]["model"] == pytest.approx(2 / 3)
    assert measures["pointing game, nouns"]["model"] == 1 / 2
    assert measures["attention in the boxes"]["model"] == pytest.approx((0.8 + 0.2 + 1) / 3)
    assert measures["attention in the boxes"]["uniform"] == pytest.approx(1 / 2)
    assert all(values.keys() == {"model", "uniform", "random"} for values in measures.values())


def test_plausibility_without_grounded_words_is_empty(measure):
    assert measure(two_word_example([[1, 0, 0, 0]] * 2, {})) == {}


def test_plausibility_without_gold_objects_raises():
    with pytest.raises(ValueError, match="gold objects with their attributes"):
        plausibility(NO_SIGNATURE, CaptionedImages(IMAGES, [["a"]] * 3))
