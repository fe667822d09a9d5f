"""Tests of the encoding of examples: zero weights, spaces between labels, rounding of measures."""

import base64

import numpy as np

from foveal.focus import FocusRecord, TextAxis
from foveal.focus.report import ReportExample
from foveal.focus.report.example_encoding import encode_examples, round_measures


def layer_data(record, text="t"):
    [example] = encode_examples([ReportExample([record], text)])
    return example["layers"][0]


def test_zero_weights_are_encoded_as_zeros():
    layer = layer_data(FocusRecord("a", np.zeros((1, 4, 2, 3))))
    assert base64.b64decode(layer["weights"]) == bytes(4 * 2 * 3)


def test_labels_are_spaced_as_in_the_text():
    text = "não-sei 你好"
    pieces = ["não", "-", "sei", "你", "好", "[END]"]
    offsets = np.array([[0, 4], [4, 5], [5, 8], [9, 12], [12, 15], [15, 15]])
    keys = layer_data(
        FocusRecord("a", np.ones((1, 1, 1, 6)) / 6, keys=[TextAxis(pieces, offsets, text)]), text
    )["keys"]
    assert keys["labels"] == pieces
    assert keys["spaced"] == [True, False, False, True, False, True]


def test_examples_share_the_selection_of_heads():
    records = [FocusRecord("a", np.full((1, 3, 2, 4), 0.25)), FocusRecord("b", np.full((1, 3, 4, 5), 0.2))]
    examples = encode_examples([ReportExample([record], record.layer) for record in records], heads=[2])
    assert [example["layers"][0]["headNames"] for example in examples] == [["head 3"]] * 2


def test_measures_have_six_digits():
    assert round_measures({"b": {"model": 1 / 3}, "a": {"model": 2e6}}) == {
        "b": {"model": 0.333333},
        "a": {"model": 2e6},
    }
