"""Tests of the share of attention outside of the gold annotation."""

import numpy as np
import pytest

from foveal.focus import FocusRecord, ImageAxis
from foveal.focus.report import ReportExample
from foveal.focus.report.gold_disagreement import gold_disagreement

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(4), (1, 2, 3))


def test_disagreement_with_alignments_is_the_mean_weight_of_the_other_keys():
    example = ReportExample([FocusRecord("a", WEIGHTS)], "t", gold={(0, 2), (3, 2), (1, 0)})
    mean = WEIGHTS[0].mean(axis=0)
    expected = np.mean([mean[2, [1, 2]].sum(), mean[0, [0, 2, 3]].sum()])
    assert gold_disagreement(example) == pytest.approx(expected)


def test_disagreement_with_boxes_is_the_weight_outside_of_them():
    grid = ImageAxis.from_grid(2, 2, (10, 20))
    record = FocusRecord("a", np.array([[[[0.1, 0.2, 0.3, 0.4]]]]), keys=[grid])
    boxes = {0: [[0, 0, 10, 5], [5, 10, 10, 20]]}  # half of the left regions, and the last region
    example = ReportExample([record], "t", image=np.zeros((10, 20, 3)), boxes=boxes)
    assert gold_disagreement(example) == pytest.approx(1 - 0.4 - (0.1 + 0.3) / 2)


def test_disagreement_is_a_share_of_the_attention():
    record = FocusRecord("a", np.array([[[[0.3, 0.1], [0.0, 0.0]]]]))
    assert gold_disagreement(ReportExample([record], "t", gold={(0, 0)})) == pytest.approx(0.25)
    assert gold_disagreement(ReportExample([record], "t", gold={(0, 1)})) is None
    assert gold_disagreement(ReportExample([record], "t")) is None
