"""Tests of the object loss."""

from typing import Any

import numpy as np
import tensorflow as tf

from foveal.pipelines.captioning.objectives.object_loss import (
    build_object_classifier,
    cell_boxes,
    cell_labels,
    label_names,
    object_accuracy,
    object_loss,
)

TABLES = [
    {
        "bbox": np.array([[0.0, 0.0, 0.2, 0.4], [0.9, 0.9, 1.0, 1.0]]),
        "shape": np.array(["star", "ring"]),
        "colour": np.array(["red", "blue"]),
        "visible": np.array([1.0, 0.5]),
    },
    {
        "bbox": np.array([[0.5, 0.5, 0.6, 0.6]]),
        "shape": np.array(["ring"]),
        "colour": np.array(["red"]),
        "visible": np.array([1.0]),
    },
]
NAMES = {"shape": ["ring", "star"], "colour": ["blue", "red"]}


def test_label_names_collects_text_columns():
    assert label_names(TABLES) == NAMES


def test_cell_labels_at_the_centre_of_each_object():
    labels = cell_labels(TABLES, NAMES, rows=4, columns=3)
    assert labels.shape == (2, 4, 3, 2)
    assert labels[0, 0, 0].tolist() == [2, 2]
    assert labels[0, 3, 2].tolist() == [1, 1]
    assert labels[1, 2, 1].tolist() == [1, 2]
    assert np.count_nonzero(labels[..., 0]) == 3


def test_cell_boxes_are_relative_to_the_cell():
    boxes = cell_boxes(TABLES, rows=4, columns=3)
    assert boxes.shape == (2, 4, 3, 4)
    np.testing.assert_allclose(boxes[0, 0, 0], [-0.5, -0.5, 0.2 * 4 - 0.5, 0.4 * 3 - 0.5], rtol=1e-6)
    np.testing.assert_allclose(boxes[0, 3, 2], [3.6 - 3.5, 2.7 - 2.5, 0.5, 0.5], rtol=1e-5)
    assert np.count_nonzero(boxes.any(-1)) == 3


def test_object_loss_matches_its_definition():
    labels = np.zeros((1, 2, 1, 2), np.int32)
    labels[0, 0, 0] = [2, 1]
    rng = np.random.default_rng(0)
    logits: dict[str, Any] = {
        "objectness": rng.normal(size=(1, 2, 1, 1)),
        "shape": rng.normal(size=(1, 2, 1, 2)),
    }
    logits["colour"] = rng.normal(size=(1, 2, 1, 2))
    probability = 1 / (1 + np.exp(-logits["objectness"][0, :, 0, 0]))
    boxes = rng.normal(size=(1, 2, 1, 4)).astype(np.float32)
    logits["box"] = boxes + 0.25  # off by a quarter at each edge, and only an object's box counts
    expected = 4 * 0.25 - np.log(probability[0]) - np.log(1 - probability[1])
    for name, index in (("shape", 1), ("colour", 0)):
        values = np.exp(logits[name][0, 0, 0])
        expected -= np.log(values[index] / values.sum())
    predictions = {name: tf.constant(x, tf.float32) for name, x in logits.items()}
    loss = object_loss(predictions, tf.constant(labels), tf.constant(boxes))
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_object_classifier_has_outputs_per_cell():
    predictions = build_object_classifier((4, 3, 5), NAMES)(np.ones((2, 4, 3, 5), np.float32))
    assert {name: tuple(x.shape) for name, x in predictions.items()} == {
        "objectness": (2, 4, 3, 1),
        "box": (2, 4, 3, 4),
        "shape": (2, 4, 3, 2),
        "colour": (2, 4, 3, 2),
    }


def test_object_is_correct_if_all_its_labels_are():
    labels = np.zeros((1, 3, 1, 2), np.int32)
    labels[0, 0, 0], labels[0, 2, 0] = [2, 1], [1, 2]
    shape, colour = np.zeros((1, 3, 1, 2)), np.zeros((1, 3, 1, 2))
    shape[0, 0, 0, 1] = shape[0, 2, 0, 0] = 1  # both shapes
    colour[0, 0, 0, 0] = colour[0, 2, 0, 0] = 1  # the colour of the first
    predictions: dict[str, Any] = {"objectness": labels, "box": labels, "shape": shape, "colour": colour}
    assert object_accuracy(predictions, labels).tolist() == [True, False]
