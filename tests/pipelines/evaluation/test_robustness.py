"""Tests of the table and the curves of a robustness test."""

from typing import Any

import numpy as np

from foveal.focus import ConfidenceInterval, RobustnessResult
from foveal.pipelines.evaluation.robustness import (
    draw_robustness_curves,
    print_robustness,
    robustness_table,
)

RESULTS = {
    "letters": [
        RobustnessResult(
            0.1,
            ConfidenceInterval(0.9, 0.8, 1.0),
            ConfidenceInterval(0.05, 0.0, 0.1),
            ConfidenceInterval(0.2, 0.1, 0.3),
        ),
        RobustnessResult(
            0.5,
            ConfidenceInterval(0.6, 0.5, 0.7),
            ConfidenceInterval(0.35, 0.3, 0.4),
            ConfidenceInterval(0.4, 0.3, 0.5),
        ),
    ]
}


def test_robustness_table_has_row_per_severity_with_intervals():
    header, _, first, second = robustness_table(RESULTS, "accuracy").splitlines()
    assert header.split() == ["perturbation", "severity", "accuracy", "drop", "divergence"]
    assert first.split("  ")[0] == "letters"
    assert "0.900 (0.800 to 1.000)  0.050 (0.000 to 0.100)  0.200 (0.100 to 0.300)" in first
    assert "0.600 (0.500 to 0.700)" in second


def test_robustness_curves_start_at_severity_0():
    left, right = draw_robustness_curves(RESULTS, "accuracy").axes
    np.testing.assert_array_equal(left.lines[0].get_xdata(), [0, 0.1, 0.5])
    np.testing.assert_allclose(np.array(left.lines[0].get_ydata()), [0, 0.05, 0.35])
    np.testing.assert_allclose(np.array(right.lines[0].get_ydata()), [0, 0.2, 0.4])
    bars: Any
    (bars,) = left.collections  # the intervals of the table
    ends = [segment[:, 1].tolist() for segment in bars.get_segments()]
    np.testing.assert_allclose(ends, [[0, 0], [0.0, 0.1], [0.3, 0.4]], atol=1e-12)
    assert not right.patches  # no band: the divergence between seeds is not measured


def test_print_robustness_saves_figure(tmp_path, capsys):
    figure = tmp_path / "robustness.png"
    print_robustness(RESULTS, "accuracy", figure)
    assert capsys.readouterr().out.endswith(f"figure: {figure}\n")
    assert figure.read_bytes().startswith(b"\x89PNG")
