import json
import re

import numpy as np
import pytest

from foveal.focus import FocusRecord, TextAxis
from foveal.focus.report import ReportExample
from foveal.pipelines.evaluation.report import (
    COMMON_MEASURES,
    Measure,
    beside_controls,
    exported_layer_first,
    mean_over_examples,
    measure_examples,
    primary_weights,
    word_gate,
    word_weights,
    write_model_report,
    write_report,
)

PIECES = [(0, 3), (4, 6), (6, 8), (8, 8)]  # two words, the second of two pieces, and an end mark
WORDS = [(0, 3), (4, 8)]


def example(weights, gate=None):
    """One head that looks at two or more keys."""
    weights = np.asarray(weights, float)[None, None]
    gate = None if gate is None else np.asarray(gate, float)[None, None]
    return ReportExample([FocusRecord("model", weights, gate=gate)], "t")


def entropy(examples):
    return COMMON_MEASURES["entropy, in bits"].of(examples)


def test_entropy_is_that_of_all_words_in_bits():
    assert entropy([example([[1, 0]])]) == 0
    assert entropy([example([[0.5, 0.5], [1, 0]])]) == 0.5
    assert entropy([example([[0.25] * 4]), example([[1, 0], [0, 1]])]) == pytest.approx(2 / 3)


def test_the_gate_is_a_mean_where_there_is_one():
    assert COMMON_MEASURES["gate"].of(
        [example([[1], [1]], [0.2, 0.6]), example([[1]], [1.0])]
    ) == pytest.approx(0.6)
    assert COMMON_MEASURES["gate"].of([example([[1]])]) is None


def test_controls_know_nothing_and_are_measured_as_the_model_is():
    sharp = [example(np.eye(1, 16)) for _ in range(200)]
    shown, numbers = beside_controls(sharp, {"entropy": Measure("", entropy)})
    assert numbers["entropy"]["model"] == 0
    assert numbers["entropy"]["uniform"] == 4
    # E of the entropy of a flat Dirichlet over n is H_n - 1 nats
    expected = (sum(1 / k for k in range(1, 17)) - 1) / np.log(2)
    assert numbers["entropy"]["random"] == pytest.approx(expected, abs=0.05)
    assert [record.layer for record in shown[0].records] == ["model", "control: uniform", "control: random"]
    np.testing.assert_allclose(shown[0].records[2].weights.sum(-1), 1)
    assert numbers == measure_examples(sharp, {"entropy": Measure("", entropy)})
    assert shown[0].measures["entropy"]["random"] == entropy([ReportExample(shown[0].records[2:], "t")])


def test_a_measure_that_is_not_defined_is_left_out():
    measures = {
        "never": Measure("", lambda e: None),
        "once": Measure("", lambda e: COMMON_MEASURES["gate"].of(e)),
    }
    shown, numbers = beside_controls([example([[1]], [0.5]), example([[1]])], measures)
    assert numbers == {"once": {"model": 0.5}}
    assert [one.measures for one in shown] == [{"once": {"model": 0.5}}, {}]


def test_pieces_become_words_head_by_head():
    weights = np.random.default_rng(0).dirichlet(np.ones(4), (3, 4))
    found = word_weights(weights, PIECES, PIECES, WORDS, WORDS)
    assert found.shape == (3, 2, 2)
    np.testing.assert_allclose(found[:, 1, 0], weights[:, 1:3, 0].mean(-1))
    np.testing.assert_allclose(found[:, 0, 1], weights[:, 0, 1:3].sum(-1))


def test_the_gate_of_a_word_is_the_mean_of_its_pieces_and_none_where_there_is_none():
    found = word_gate(np.array([[0.1, 0.2, 0.4, 1.0]]), PIECES, WORDS)
    assert found is not None
    np.testing.assert_allclose(found, [[0.1, 0.3]])
    assert word_gate(np.zeros((2, 4)), PIECES, WORDS) is None


def test_the_block_that_is_told_comes_first():
    blocks = np.random.default_rng(0).dirichlet(np.ones(5), (3, 2, 4))
    records = [FocusRecord(str(place), block[None]) for place, block in enumerate(blocks)]
    assert [r.layer for r in exported_layer_first(records, blocks, blocks[1].mean(axis=0))] == ["1", "0", "2"]


def test_the_first_record_is_measured_as_the_mean_of_its_heads():
    weights = np.random.default_rng(0).dirichlet(np.ones(5), (1, 3, 4))
    two = ReportExample([FocusRecord("a", weights), FocusRecord("b", weights[..., ::-1])], "t")
    np.testing.assert_allclose(primary_weights(two), weights[0].mean(0))
    assert mean_over_examples([two], lambda one: np.array([])) is None


def test_a_page_is_written_with_every_measure_and_what_it_means(tmp_path):
    path = tmp_path / "focus.html"
    found = Measure("one is best", lambda e: 1.0)
    assert write_report(path, [example([[0.5, 0.5]])], "Toy", {"found": found})
    data = json.loads(re.findall(r'json">(.*?)</script>', path.read_text("utf-8"))[0])
    assert data["measures"]["found"] == {"model": 1.0, "uniform": 1.0, "random": 1.0}
    assert data["measures"]["entropy, in bits"]["model"] == 1
    assert data["notes"]["found"] == "one is best"


def test_without_an_example_nothing_is_written(tmp_path):
    assert not write_report(tmp_path / "focus.html", [], "Toy", {})
    assert not (tmp_path / "focus.html").exists()


def test_a_report_lies_beside_the_model_and_is_named_or_is_said_to_be_missing(tmp_path, capsys):
    (tmp_path / "assets.extra").mkdir()
    write_model_report(tmp_path, [], "t", {})
    assert capsys.readouterr().out == "no report: every answer is empty\n"
    axis = TextAxis(["a"], np.array([[0, 1]]), "a")
    one = FocusRecord("layer", np.ones((1, 1, 1, 1)), queries=[axis], keys=[axis])
    write_model_report(tmp_path, [ReportExample([one], "a")], "t", {})
    path = tmp_path / "assets.extra" / "focus.html"
    assert capsys.readouterr().out == f"report: {path}\n"
    assert path.stat().st_size > 0
