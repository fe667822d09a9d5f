"""Tests of attention reports: measures, baselines, aggregation to words, the page."""

import json
import re

import numpy as np
import pytest

from foveal.focus import FocusRecord, TextAxis
from foveal.focus.report import ReportExample
from foveal.pipelines.evaluation.report import (
    COMMON_MEASURES,
    Measure,
    add_baselines,
    mean_over_examples,
    measure_examples,
    primary_weights,
    write_model_report,
    write_report,
)


def example(weights, gate=None):
    """Create an example with one head."""
    weights = np.asarray(weights, float)[None, None]
    gate = None if gate is None else np.asarray(gate, float)[None, None]
    return ReportExample([FocusRecord("model", weights, gate=gate)], "t")


def entropy(examples):
    return COMMON_MEASURES["entropy, in bits"].compute(examples)


def test_entropy_is_averaged_over_words_in_bits():
    assert entropy([example([[1, 0]])]) == 0
    assert entropy([example([[0.5, 0.5], [1, 0]])]) == 0.5
    assert entropy([example([[0.25] * 4]), example([[1, 0], [0, 1]])]) == pytest.approx(2 / 3)


def test_gate_is_averaged_over_words_and_undefined_without_gate():
    assert COMMON_MEASURES["gate"].compute(
        [example([[1], [1]], [0.2, 0.6]), example([[1]], [1.0])]
    ) == pytest.approx(0.6)
    assert COMMON_MEASURES["gate"].compute([example([[1]])]) is None


def test_baselines_are_measured_like_the_model():
    peaked = [example(np.eye(1, 16)) for _ in range(200)]
    completed, values = add_baselines(peaked, {"entropy": Measure("", entropy)})
    assert values["entropy"]["model"] == 0
    assert values["entropy"]["uniform"] == 4
    # E of the entropy of a flat Dirichlet over n is H_n - 1 nats
    expected = (sum(1 / k for k in range(1, 17)) - 1) / np.log(2)
    assert values["entropy"]["random"] == pytest.approx(expected, abs=0.05)
    assert [record.layer for record in completed[0].records] == [
        "model",
        "baseline: uniform",
        "baseline: random",
    ]
    np.testing.assert_allclose(completed[0].records[2].weights.sum(-1), 1)
    assert values == measure_examples(peaked, {"entropy": Measure("", entropy)})
    assert completed[0].measures["entropy"]["random"] == entropy(
        [ReportExample(completed[0].records[2:], "t")]
    )


def test_undefined_measure_is_left_out():
    measures = {
        "never": Measure("", lambda e: None),
        "once": Measure("", lambda e: COMMON_MEASURES["gate"].compute(e)),
    }
    completed, values = add_baselines([example([[1]], [0.5]), example([[1]])], measures)
    assert values == {"once": {"model": 0.5}}
    assert [example.measures for example in completed] == [{"once": {"model": 0.5}}, {}]


def test_primary_weights_are_mean_over_heads_of_first_record():
    weights = np.random.default_rng(0).dirichlet(np.ones(5), (1, 3, 4))
    report_example = ReportExample([FocusRecord("a", weights), FocusRecord("b", weights[..., ::-1])], "t")
    np.testing.assert_allclose(primary_weights(report_example), weights[0].mean(0))
    assert mean_over_examples([report_example], lambda e: np.array([])) is None


def test_write_report_includes_measures_and_descriptions(tmp_path):
    path = tmp_path / "focus.html"
    constant = Measure("one is best", lambda e: 1.0)
    assert write_report(path, [example([[0.5, 0.5]])], "Toy", {"constant": constant})
    data = json.loads(re.findall(r'json">(.*?)</script>', path.read_text("utf-8"))[0])
    assert data["measures"]["constant"] == {"model": 1.0, "uniform": 1.0, "random": 1.0}
    assert data["measures"]["entropy, in bits"]["model"] == 1
    assert data["notes"]["constant"] == "one is best"


def test_write_report_without_example_writes_nothing(tmp_path):
    assert not write_report(tmp_path / "focus.html", [], "Toy", {})
    assert not (tmp_path / "focus.html").exists()


def test_write_model_report_prints_path_or_missing_report(tmp_path, capsys):
    (tmp_path / "assets.extra").mkdir()
    write_model_report(tmp_path, [], "t", {})
    assert capsys.readouterr().out == "no report: all outputs are empty\n"
    axis = TextAxis(["a"], np.array([[0, 1]]), "a")
    record = FocusRecord("layer", np.ones((1, 1, 1, 1)), queries=[axis], keys=[axis])
    write_model_report(tmp_path, [ReportExample([record], "a")], "t", {})
    path = tmp_path / "assets.extra" / "focus.html"
    assert capsys.readouterr().out == f"report: {path}\n"
    assert path.stat().st_size > 0
