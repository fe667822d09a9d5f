"""Agreement of the gate of generated texts with gold, as the pipelines print it."""

import numpy as np

from foveal.focus.plausibility import GatedText
from foveal.pipelines.evaluation.gate_agreement import evaluate_gate


def test_evaluate_gate_measures_and_prints(capsys):
    gold = np.array([True, False, False])
    texts = [
        GatedText(["the", "red", "star"], np.array([0.9, 0.1, 0.3]), gold),
        GatedText(["the", "blue", "ring"], np.array([0.7, 0.2, 0.8]), gold),
    ]
    metrics = evaluate_gate("test", texts)
    assert metrics is not None
    assert metrics["auroc"] == 7 / 8  # .7 is below .8
    assert metrics["baselines"]["word"] == 1
    assert metrics["mean_gate_sentinel"] == 0.8
    assert metrics["mean_gate_input"] == 0.35
    assert (metrics["words"], metrics["sentinel_share"]) == (6, 0.3333)
    printed = capsys.readouterr().out
    assert printed.startswith("test (gate): 0.80 for the words that the input does not determine (33% of 6)")
    assert "area under the ROC curve 0.875 (by the word alone 1.000, random" in printed


def test_evaluate_gate_without_a_gate_prints_nothing(capsys):
    assert evaluate_gate("test", []) is None
    assert capsys.readouterr().out == ""
