"""Tests of the validation of report examples."""

from dataclasses import replace

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report import ReportExample

KEYS = TextAxis(["o", "gato", "[END]"], np.array([[0, 1], [2, 6], [6, 6]]), "o gato")
QUERIES = TextAxis(["the", "cat"], np.array([[0, 3], [4, 7]]), "the cat")
REGIONS = ImageAxis(np.array([[0, 0, 5, 10], [0, 10, 5, 20], [5, 0, 10, 10]]), (10, 20))
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(3), (1, 4, 2))
GATE = np.random.default_rng(1).random((1, 4, 2))
RECORD = FocusRecord("cross", WEIGHTS, gate=GATE, queries=[QUERIES], keys=[KEYS])
IMAGE_RECORD = replace(RECORD, keys=[REGIONS])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"records": []}, "`records` must hold at least one record"),
        (
            {"records": [replace(RECORD, weights=np.full((1, 4, 2, 3), np.nan))]},
            "finite weights .* from nan to nan of 'cross'",
        ),
        ({"records": [replace(RECORD, weights=-WEIGHTS)]}, "at least 0"),
        ({"records": [replace(RECORD, gate=GATE * np.nan)]}, "gates from 0 to 1.* from nan to nan"),
        ({"records": [FocusRecord("a", WEIGHTS.repeat(2, 0))]}, "one example"),
        ({"records": [FocusRecord("a", np.ones((1, 1, 0, 3)))]}, "at least one head, query"),
        ({"records": [replace(RECORD, keys=[QUERIES])]}, "each of 3 keys. Received: 2 labels of 'cross'"),
        ({"records": [IMAGE_RECORD]}, "`image` must be given .* regions"),
        ({"error": -0.5}, "`error` must be finite and at least 0. Received: error=-0.5"),
        ({"error": np.nan}, "Received: error=nan"),
        ({"gold": {(3, 0)}}, r"within 3 keys and 2 queries.* Received: \[\(3, 0\)\]"),
        ({"boxes": {2: [[0, 0, 1, 1]]}}, r"Received: \[2\]"),
        ({"boxes": {1: [[0, 0, 1]]}}, r"\(boxes, 4\). Received: boxes\[1\] of shape \(1, 3\)"),
        ({"boxes": {1: [[0, 0, 1, np.nan]]}}, "`boxes` must be finite"),
        ({"image": np.ones((0, 2, 3))}, r"not be empty. Received: image.shape=\(0, 2, 3\)"),
        ({"image": np.full((2, 2, 3), np.nan)}, "`image` must be from 0 to 255"),
        ({"image": np.ones((2, 2))}, r"\(height, width, 3\).* Received: image.shape=\(2, 2\)"),
        (
            {"measures": {"entropy": {"model": np.nan}}},
            r"`measures` must be finite. Received: measures\['entropy'\]\['model'\]=nan",
        ),
    ],
)
def test_invalid_example_raises(arguments, message):
    with pytest.raises(ValueError, match=message):
        ReportExample(**{"records": [RECORD], "title": "t", **arguments})
