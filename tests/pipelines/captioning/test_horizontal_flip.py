"""Tests of horizontal flip augmentation."""

import numpy as np

from foveal.pipelines.captioning.horizontal_flip import WithFlips, flip_boxes
from foveal.pipelines.captioning.objectives.object_loss import cell_labels, label_names
from foveal.pipelines.captioning.objectives.phrase_loss import object_coverage

TABLES = [
    {"bbox": np.array([[0.1, 0.0, 0.4, 0.3], [0.5, 0.6, 0.9, 0.9]]), "shape": np.array(["star", "ring"])},
    {"bbox": np.array([[0.0, 0.3, 0.2, 0.6]]), "shape": np.array(["ring"])},
]


def test_with_flips_appends_flipped_rows():
    rows = np.random.default_rng(0).random((2, 3, 4, 5))
    result = WithFlips(rows)[np.array([3, 0, 1, 2])]
    np.testing.assert_array_equal(result, [np.fliplr(rows[1]), rows[0], rows[1], np.fliplr(rows[0])])


def test_with_flips_accepts_features_of_flipped_images():
    rows, flipped = np.random.default_rng(0).random((2, 2, 3, 4, 5))
    result = WithFlips(rows, flipped)[np.array([3, 0, 2])]
    np.testing.assert_array_equal(result, [flipped[1], rows[0], flipped[0]])


def test_annotations_of_flipped_boxes_are_flipped():
    names = label_names(TABLES)
    labels = cell_labels(TABLES, names, 4, 5)
    np.testing.assert_array_equal(cell_labels(flip_boxes(TABLES), names, 4, 5), labels[:, :, ::-1])
    coverage = object_coverage(TABLES, 4, 5).reshape(2, 2, 4, 5)
    flipped = object_coverage(flip_boxes(TABLES), 4, 5).reshape(2, 2, 4, 5)
    np.testing.assert_allclose(flipped, coverage[..., ::-1], atol=1e-6)
