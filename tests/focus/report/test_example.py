from dataclasses import replace

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis
from foveal.focus.report.example import ReportExample

KEYS = TextAxis(["o", "gato", "[END]"], np.array([[0, 1], [2, 6], [6, 6]]), "o gato")
QUERIES = TextAxis(["the", "cat"], np.array([[0, 3], [4, 7]]), "the cat")
CELLS = ImageAxis(np.array([[0, 0, 5, 10], [0, 10, 5, 20], [5, 0, 10, 10]]), (10, 20))
WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(3), (1, 4, 2))
GATE = np.random.default_rng(1).random((1, 4, 2))
RECORD = FocusRecord("cross", WEIGHTS, gate=GATE, queries=[QUERIES], keys=[KEYS])
LOOKED = replace(RECORD, keys=[CELLS])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"records": []}, "at least one record"),
        ({"records": [replace(RECORD, weights=np.full((1, 4, 2, 3), np.nan))]}, "finite weights .* 'cross'"),
        ({"records": [replace(RECORD, weights=-WEIGHTS)]}, "at least 0"),
        ({"records": [replace(RECORD, gate=GATE * np.nan)]}, "gate from 0 to 1"),
        ({"records": [FocusRecord("a", WEIGHTS.repeat(2, 0))]}, "one example"),
        ({"records": [FocusRecord("a", np.ones((1, 1, 0, 3)))]}, "at least one head, query"),
        ({"records": [replace(RECORD, keys=[QUERIES])]}, "each of 3 keys of 'cross'. Received: 2"),
        ({"records": [LOOKED]}, "a picture for the regions"),
        ({"records": [FocusRecord("a", WEIGHTS.swapaxes(2, 3), queries=[CELLS])]}, "queries that are words"),
        ({"gold": {(3, 0)}}, r"within 3 keys and 2 queries.*\(3, 0\)"),
        ({"boxes": {2: [[0, 0, 1, 1]]}}, r"Received: \[2\]"),
        ({"boxes": {1: [[0, 0, 1]]}}, r"\(boxes, 4\) for query 1. Received: \(1, 3\)"),
        ({"boxes": {1: [[0, 0, 1, np.nan]]}}, "finite boxes"),
        ({"picture": np.ones((0, 2, 3))}, "picture of shape"),
        ({"picture": np.full((2, 2, 3), np.nan)}, "finite picture"),
        ({"picture": np.ones((2, 2))}, r"\(height, width, 3\). Received: \(2, 2\)"),
        ({"numbers": {"entropy": {"model": np.nan}}}, "finite number for 'entropy' of 'model'"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(ValueError, match=message):
        ReportExample(**{"records": [RECORD], "title": "t", **changed})
