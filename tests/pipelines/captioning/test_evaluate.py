import shutil

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.evaluate import BATCH, describe, evaluate
from foveal.pipelines.captioning.metrics import measure

TABLE = {
    "shape": np.array(["star"]),
    "colour": np.array(["red"]),
    "size": np.array(["small"]),
    "texture": np.array(["plain"]),
    "bbox": np.array([[0.1, 0.1, 0.3, 0.3]]),
    "hidden_by": np.array([-1]),
}


@pytest.fixture(autouse=True)
def without_java(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def parrot(image):
    """A signature that takes the picture for its caption."""
    return {"text": image}


def pictures(captions, **gold):
    images = tf.data.Dataset.from_tensor_slices(captions)
    return CaptionedImages(images, [["a red star", "one star"]] * len(captions), **gold)


def test_captions_come_back_in_the_order_of_the_pictures():
    captions = [f"number {place}" for place in range(BATCH + 3)]
    assert describe(parrot, pictures(captions).images) == captions


def test_the_metrics_are_those_of_the_captions():
    captions = ["a red star", "a blue star", "one star"]
    told = evaluate(parrot, pictures(captions), known=["one star"])
    expected = measure(captions, [["a red star", "one star"]] * 3, ["one star"])
    assert {name: told[name] for name in expected} == expected
    assert told["samples"][1] == {"caption": "a blue star", "references": ["a red star", "one star"]}
    assert "true" not in told


def test_captions_of_scenes_are_judged_by_their_pictures():
    captions = ["a red star is near the top", "a blue star is near the top"]
    assert evaluate(parrot, pictures(captions, objects=[TABLE] * 2))["true"] == 0.5


def test_objects_of_other_data_are_no_ground_to_judge_by():
    table = {"bbox": TABLE["bbox"], "label": np.array(["dog"])}
    assert "true" not in evaluate(parrot, pictures(["a dog"], objects=[table]))
