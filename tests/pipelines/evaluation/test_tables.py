"""Tests of the tables of measures."""

from foveal.focus import BaselineComparison, ConfidenceInterval
from foveal.pipelines.evaluation.tables import faithfulness_table, print_plausibility


def test_faithfulness_table_has_interval_of_model_and_means_of_baselines():
    value, baseline = ConfidenceInterval(0.5, 0.4, 0.6), ConfidenceInterval(0.2, 0.1, 0.3)
    results = {"AUPRC": BaselineComparison(value, {"uniform": baseline, "random": value}, {})}
    header, _, row = faithfulness_table(results).splitlines()
    assert header.split() == ["measure", "model", "uniform", "random"]
    assert row.split() == ["AUPRC", "0.500", "(0.400", "-", "0.600)", "0.200", "0.500"]


def test_print_plausibility_shows_model_and_random_attention(capsys):
    print_plausibility("test", {"AUPRC": {"model": 0.5, "random": 0.25}, "mass": {"random": 0, "model": 1}})
    assert capsys.readouterr().out == (
        "test (attention; in brackets random attention): AUPRC 0.500 (0.250), mass 1.000 (0.000)\n"
    )
