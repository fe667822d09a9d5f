import json

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis, TextAxis, bertviz_json, eraser_line, pharaoh_line

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), (2, 2, 3))
SOURCE = TextAxis(["o", "gato", "é", "[END]"], np.zeros((4, 2), int))
TARGET = TextAxis(["the", "cat"], np.zeros((2, 2), int))


def test_an_eraser_line_has_runs_of_tokens_as_spans():
    scores, marks = [0.5, 0.0, 0.25, 0.125, 0.125], [1, 0, 0, 1, 1]
    line = json.loads(eraser_line("doc", scores, marks, {"NEG": 0.25, "POS": 0.75}, "ann"))
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
    ("soft", "hard"), [([0.5], [True, False]), ([0.5, np.nan], [True, False]), ([[1]], [[1]])]
)
def test_scores_that_do_not_fit_are_an_error(soft, hard):
    with pytest.raises(ValueError, match="Expected a finite score and a mark for each token"):
        eraser_line("doc", soft, hard)


def test_links_stand_in_order_and_go_from_source_to_target():
    assert pharaoh_line(np.array([[10, 1], [2, 3], [0, 5]])) == "0-5 2-3 10-1"
    assert pharaoh_line(set()) == ""
    with pytest.raises(ValueError, match=r"from 0 on. Received: \[\(-1, 0\)\]"):
        pharaoh_line([(-1, 0)])


def test_layers_that_look_from_and_to_the_same_stand_together():
    square = np.random.default_rng(1).random((2, 2, 4, 4))
    records = [
        FocusRecord("cross_1", WEIGHTS, queries=[TARGET] * 2, keys=[SOURCE] * 2),
        FocusRecord("self", square, queries=[SOURCE] * 2, keys=[SOURCE] * 2),
        FocusRecord("cross_2", 2 * WEIGHTS, queries=[TARGET] * 2, keys=[SOURCE] * 2),
    ]
    cross, own = json.loads(bertviz_json(records, index=1))
    assert (cross["name"], cross["left_text"], cross["right_text"]) == (
        "cross_1",
        TARGET.labels,
        SOURCE.labels,
    )
    np.testing.assert_allclose(cross["attn"], [WEIGHTS[1, :, :2], 2 * WEIGHTS[1, :, :2]])
    np.testing.assert_allclose(own["attn"], [square[1]])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"keys": None}, "labels on both axes of each record. Received: layer"),
        ({"keys": [ImageAxis(np.zeros((4, 4)), (2, 2))] * 2}, "labels on both axes"),
        ({"weights": np.full_like(WEIGHTS, np.nan)}, "finite weights. Received: layer"),
    ],
)
def test_what_a_view_cannot_draw_is_an_error(changed, message):
    fits = {"weights": WEIGHTS, "queries": [TARGET] * 2, "keys": [SOURCE] * 2}
    with pytest.raises(ValueError, match=message):
        bertviz_json([FocusRecord("layer", **fits | changed)])
