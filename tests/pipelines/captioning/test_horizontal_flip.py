import numpy as np
import pytest

from foveal.pipelines.captioning.horizontal_flip import WithFlips, flip_boxes, swap_words
from foveal.pipelines.captioning.objectives.object_loss import cell_labels, label_names
from foveal.pipelines.captioning.objectives.phrase_loss import coverage

TABLES = [
    {"bbox": np.array([[0.1, 0.0, 0.4, 0.3], [0.5, 0.6, 0.9, 0.9]]), "shape": np.array(["star", "ring"])},
    {"bbox": np.array([[0.0, 0.3, 0.2, 0.6]]), "shape": np.array(["ring"])},
]


def test_rows_behind_the_last_are_the_first_in_a_mirror():
    rows = np.random.default_rng(0).random((2, 3, 4, 5))
    found = WithFlips(rows)[np.array([3, 0, 1, 2])]
    np.testing.assert_array_equal(found, [np.fliplr(rows[1]), rows[0], rows[1], np.fliplr(rows[0])])


def test_rows_in_a_mirror_may_be_others_than_the_rows_from_right_to_left():
    rows, turned = np.random.default_rng(0).random((2, 2, 3, 4, 5))
    found = WithFlips(rows, turned)[np.array([3, 0, 2])]
    np.testing.assert_array_equal(found, [turned[1], rows[0], turned[0]])


def test_gold_of_mirrored_objects_is_mirrored_gold():
    names = label_names(TABLES)
    labels = cell_labels(TABLES, names, 4, 5)
    np.testing.assert_array_equal(cell_labels(flip_boxes(TABLES), names, 4, 5), labels[:, :, ::-1])
    covered = coverage(TABLES, 4, 5).reshape(2, 2, 4, 5)
    turned = coverage(flip_boxes(TABLES), 4, 5).reshape(2, 2, 4, 5)
    np.testing.assert_allclose(turned, covered[..., ::-1], atol=1e-6)


def test_words_are_exchanged_and_nothing_else():
    pieces = ["[PAD]", "left", "right", " left", " right", " leftover", " bright"]
    turned = swap_words(pieces, "left", "right")
    assert [pieces[place] for place in turned] == ["[PAD]", "right", "left", " right", " left", *pieces[5:]]
    np.testing.assert_array_equal(turned[turned], np.arange(7))


def test_a_word_without_its_counterpart_is_an_error():
    with pytest.raises(ValueError, match=r"both 'left' and 'right'.*received ' left' alone.*--no-mirror"):
        swap_words([" left", "right"], "left", "right")
