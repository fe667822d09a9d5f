"""Tests of the evaluation of captioners."""

import shutil

import numpy as np
import pytest
import tensorflow as tf

from foveal.datasets import CaptionedImages
from foveal.pipelines.captioning.evaluate import BATCH_SIZE, describe, evaluate
from foveal.pipelines.captioning.metrics import caption_metrics

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


def identity_signature(image):
    """A signature whose caption is the encoded image itself."""
    return {"text": image, "valid": image != b"broken"}


def captioned_images(captions, **gold):
    images = tf.data.Dataset.from_tensor_slices(captions)
    return CaptionedImages(images, [["a red star", "one star"]] * len(captions), **gold)


def test_describe_keeps_the_order_of_the_images():
    captions = [f"number {index}" for index in range(BATCH_SIZE + 3)]
    assert describe(identity_signature, captioned_images(captions)) == captions


def test_describe_image_that_cannot_be_decoded_raises():
    with pytest.raises(ValueError, match="image 1: not a JPEG"):
        describe(identity_signature, captioned_images(["a", "broken"]))


def test_evaluate_matches_caption_metrics():
    captions = ["a red star", "a blue star", "one star"]
    metrics = evaluate(identity_signature, captioned_images(captions), training_captions=["one star"])
    expected = caption_metrics(captions, [["a red star", "one star"]] * 3, ["one star"])
    assert {name: metrics[name] for name in expected} == expected
    assert metrics["samples"][1] == {"caption": "a blue star", "references": ["a red star", "one star"]}
    assert "true" not in metrics


def test_evaluate_scenes_includes_truth():
    captions = ["a red star is near the top", "a blue star is near the top"]
    assert evaluate(identity_signature, captioned_images(captions, objects=[TABLE] * 2))["true"] == 0.5


def test_evaluate_without_attributes_skips_truth():
    table = {"bbox": TABLE["bbox"], "label": np.array(["dog"])}
    assert "true" not in evaluate(identity_signature, captioned_images(["a dog"], objects=[table]))
