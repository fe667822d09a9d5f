"""Tests of the example and word that a report opens with."""

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report import ReportExample
from foveal.focus.report.opening import opening_example, opening_query

RECORD = FocusRecord("a", np.ones((1, 1, 2, 2)) / 2)
PLAIN = ReportExample([RECORD], "t")
WITH_GOLD = ReportExample([RECORD], "t", gold={(0, 0)})
WITH_BOXES = ReportExample([RECORD], "t", boxes={1: [[0, 0, 1, 1]]})


@pytest.mark.parametrize(
    ("examples", "expected"),
    [([PLAIN, PLAIN], 0), ([PLAIN, WITH_BOXES, WITH_GOLD], 1), ([PLAIN, PLAIN, WITH_GOLD], 2)],
)
def test_first_example_with_gold_is_opened(examples, expected):
    assert opening_example(examples) == expected


@pytest.mark.parametrize(
    ("words", "annotated", "expected"),
    [
        ("a photo of two dogs .", [], "photo"),
        ("a photo of two dogs .", [0, 2, 4], "dogs"),
        ("of ......... it", [], "of"),
        ("7,000,000 in \u00e9t\u00e9", [], "\u00e9t\u00e9"),
        ("na \u0445\u043e\u043b\u043e\u0434\u043d\u043e", [], "\u0445\u043e\u043b\u043e\u0434\u043d\u043e"),
        ("123 45", [], "123"),
    ],
)
def test_longest_annotated_word_is_opened(words, annotated, expected):
    axis = TextAxis.from_tokens(words.split())
    assert axis.labels[opening_query(axis, annotated)] == expected


def test_marks_and_missing_labels_are_not_opened():
    axis = TextAxis(["[BEGIN]", "dog"], np.array([[0, 0], [0, 3]]), "dog")
    assert opening_query(axis, []) == 1
    assert opening_query(None, []) == 0
    assert opening_query(ImageAxis.from_grid(2, 2, (4, 4)), [3, 2]) == 2
