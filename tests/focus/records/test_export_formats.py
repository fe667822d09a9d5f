import json

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis, bertviz_json, eraser_line, pharaoh_line

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), (2, 2, 3))
SOURCE = TextAxis(["o", "gato", "é", "[END]"], np.zeros((4, 2), int))
TARGET = TextAxis(["the", "cat"], np.zeros((2, 2), int))


def test_eraser_line_formats_rationale_as_spans():
    scores, rationale = [0.5, 0.0, 0.25, 0.125, 0.125], [1, 0, 0, 1, 1]
    line = json.loads(eraser_line("doc", scores, rationale, {"NEG": 0.25, "POS": 0.75}, "ann"))
    assert line == {
        "annotation_id": "ann",
        "rationales": [
            {
                "docid": "doc",
                "hard_rationale_predictions": [
                    {"start_token": 0, "end_token": 1},
                    {"start_token": 3, "end_token": 5},
                ],
                "soft_rationale_predictions": scores,
            }
        ],
        "classification": "POS",
        "classification_scores": {"NEG": 0.25, "POS": 0.75},
    }
    empty = json.loads(eraser_line("doc", [], []))
    assert empty["rationales"][0]["hard_rationale_predictions"] == []


@pytest.mark.parametrize(
    ("scores", "rationale"), [([0.5], [True, False]), ([0.5, np.nan], [True, False]), ([[1]], [[1]])]
)
def test_eraser_line_invalid_scores_raise(scores, rationale):
    with pytest.raises(ValueError, match="`scores` and `rationale` must have one value for each token"):
        eraser_line("doc", scores, rationale)


def test_pharaoh_line_sorts_links():
    assert pharaoh_line(np.array([[10, 1], [2, 3], [0, 5]])) == "0-5 2-3 10-1"
    assert pharaoh_line(set()) == ""
    with pytest.raises(ValueError, match=r"at least 0. Received: links=\[\(-1, 0\)\]"):
        pharaoh_line([(-1, 0)])


def test_bertviz_json_groups_layers_by_labels():
    square = np.random.default_rng(1).random((2, 2, 4, 4))
    records = [
        FocusRecord("cross_1", WEIGHTS, queries=[TARGET] * 2, keys=[SOURCE] * 2),
        FocusRecord("self", square, queries=[SOURCE] * 2, keys=[SOURCE] * 2),
        FocusRecord("cross_2", 2 * WEIGHTS, queries=[TARGET] * 2, keys=[SOURCE] * 2),
    ]
    cross, self_attention = json.loads(bertviz_json(records, index=1))
    assert (cross["name"], cross["left_text"], cross["right_text"]) == (
        "cross_1",
        TARGET.labels,
        SOURCE.labels,
    )
    np.testing.assert_allclose(cross["attn"], [WEIGHTS[1, :, :2], 2 * WEIGHTS[1, :, :2]])
    np.testing.assert_allclose(self_attention["attn"], [square[1]])


@pytest.mark.parametrize(
    ("invalid", "message"),
    [
        ({"keys": None}, "labels on both axes. Received: layer='layer'"),
        ({"keys": [ImageAxis(np.zeros((4, 4)), (2, 2))] * 2}, "labels on both axes"),
        ({"weights": np.full_like(WEIGHTS, np.nan)}, "finite weights. Received: layer='layer'"),
    ],
)
def test_bertviz_json_invalid_record_raises(invalid, message):
    arguments = {"weights": WEIGHTS, "queries": [TARGET] * 2, "keys": [SOURCE] * 2}
    with pytest.raises(ValueError, match=message):
        bertviz_json([FocusRecord("layer", **arguments | invalid)])
