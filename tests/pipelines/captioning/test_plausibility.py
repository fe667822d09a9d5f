from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report import ReportExample
from foveal.pipelines.captioning import plausibility as module
from foveal.pipelines.captioning.plausibility import plausibility

CELLS = ImageAxis(np.array([(0, 0, 20, 20), (0, 20, 20, 40), (0, 40, 20, 60), (0, 60, 20, 80)]), (20, 80))
IMAGES = tf.data.Dataset.from_tensor_slices([b"one", b"two", b"three"])
SIGNATURE: Any = None  # the examples are given
SCENE = {"hidden_by": np.array([-1])}
LEFT = np.array([(0, 0, 20, 40)])


def looked(weights, boxes):
    """Two words, `red star`, at four cells in a row."""
    words = TextAxis(["red", "star"], np.array([(0, 3), (4, 8)]))
    record = FocusRecord("block", np.array(weights, float)[None, None], queries=[words], keys=[CELLS])
    return ReportExample([record], "red star", image=np.zeros((20, 80, 3), np.uint8), boxes=boxes)


@pytest.fixture
def told(monkeypatch):
    """What the measures say of given examples."""

    def of(*examples):
        monkeypatch.setattr(module, "report_examples", lambda signature, test, count: examples[:count])
        return plausibility(SIGNATURE, CaptionedImages(IMAGES, [["a"]] * 3, [SCENE] * 3))

    return of


def test_all_words_that_name_something_count_beside_controls(told):
    first = looked([[0.5, 0.3, 0.2, 0.0], [0.1, 0.1, 0.2, 0.6]], {0: LEFT, 1: LEFT})
    second = looked([[0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]], {1: LEFT})
    found = told(first, second, looked([[1, 0, 0, 0]] * 2, {}))
    assert found["pointing game"]["model"] == pytest.approx(2 / 3)
    assert found["pointing game, nouns"]["model"] == 1 / 2
    assert found["attention in the boxes"]["model"] == pytest.approx((0.8 + 0.2 + 1) / 3)
    assert found["attention in the boxes"]["uniform"] == pytest.approx(1 / 2)
    assert all(who.keys() == {"model", "uniform", "random"} for who in found.values())


def test_captions_that_name_nothing_say_nothing(told):
    assert told(looked([[1, 0, 0, 0]] * 2, {})) == {}


def test_pictures_of_which_nothing_is_known_are_an_error():
    with pytest.raises(ValueError, match="whose objects and their attributes are known"):
        plausibility(SIGNATURE, CaptionedImages(IMAGES, [["a"]] * 3))
