"""Tests of the tables of measures."""

import numpy as np

from foveal.focus import BaselineComparison, ConfidenceInterval
from foveal.pipelines.evaluation.tables import comparison_table, format_interval, plausibility_table

VALUE = ConfidenceInterval(0.5, 0.4, 0.6)
BASELINE = ConfidenceInterval(0.25, 0.1, 0.3)


def test_comparison_table_states_direction_verdict_values_and_gains():
    gains = {"uniform": ConfidenceInterval(0.25, 0.1, 0.4), "random": ConfidenceInterval(-0.01, -0.2, 0.1)}
    result = BaselineComparison(VALUE, {"uniform": BASELINE, "random": VALUE}, gains, higher_is_better=False)
    title, header, _, *rows = comparison_table({"sufficiency": result}).splitlines()
    assert title == ("sufficiency (lower is better): better than uniform; not distinguishable from random")
    assert header.split("  ")[1].strip() == "map"
    assert [row.split() for row in rows] == [
        ["attention", "of", "the", "model", "0.500", "(0.400", "to", "0.600)"],
        ["uniform", "0.250", "+0.250", "(+0.100", "to", "+0.400)"],
        ["random", "0.500", "-0.010", "(-0.200", "to", "+0.100)"],
    ]


def test_comparison_table_of_one_example_claims_nothing():
    unknown = ConfidenceInterval(0.25, np.nan, np.nan)
    result = BaselineComparison(unknown, {"uniform": unknown}, {"uniform": unknown})
    title, _, _, model, uniform = comparison_table({"token F1": result}).splitlines()
    assert title == "token F1 (higher is better): not distinguishable from uniform"
    assert model.endswith(" 0.250 (one example: no interval)")
    assert uniform.endswith(" +0.250 (one example: no interval)")


def test_interval_has_no_negative_zero():
    assert format_interval(ConfidenceInterval(-0.0001, -0.001, -0.0)) == "0.000 (-0.001 to 0.000)"
    assert format_interval(ConfidenceInterval(-0.0001, -0.2, 0.1), sign="+") == "+0.000 (-0.200 to +0.100)"


def test_plausibility_table_shows_every_baseline():
    measures = {
        "average precision": {"model": 0.5, "uniform": 0.25, "random": 0.2},
        "mass": {"random": 0, "uniform": 0.125, "model": 1},
    }
    header, _, *rows = plausibility_table(measures).splitlines()
    assert header.split() == ["agreement", "with", "gold", "model", "uniform", "random"]
    assert [row.split()[-3:] for row in rows] == [["0.500", "0.250", "0.200"], ["1.000", "0.125", "0.000"]]
