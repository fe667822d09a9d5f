"""Tests of the comparison of models over seeds: trained configurations, tables and figures."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.benchmarks.attention_study.study import (
    BEFORE,
    CONTROL,
    SUPERVISED,
    FineTuningStudy,
    Measurements,
    Trained,
    compare_fine_tuning,
    print_tables,
    without_unused_gold,
)
from foveal.focus import ConfidenceInterval, RobustnessResult
from foveal.pipelines.sentiment.config import SentimentConfig

ROBUSTNESS = {
    "letters": [
        RobustnessResult(
            0.1,
            ConfidenceInterval(0.7, 0.6, 0.8),
            ConfidenceInterval(0.2, 0.1, 0.3),
            ConfidenceInterval(0.4, 0.3, 0.5),
        )
    ]
}


def make_measurements(accuracy, recall=0.5):
    numbers = {"accuracy": np.array(accuracy, float), "recall": np.array([recall])}
    return Measurements(numbers, [np.array([0.5, 0.5])] * 2, ROBUSTNESS)


def find_rows(output, name):
    """Return the cells of each row of this name, in the order of the tables."""
    rows = [line for line in output.splitlines() if line.startswith(f"| {name} ")]
    return [[cell.strip() for cell in line.split("|")[2:-1]] for line in rows]


def test_print_tables_prints_means_ranges_and_improvements(capsys, tmp_path):
    old = [make_measurements([1, 0, 0, 1]), make_measurements([0, 0, 0, 1], recall=0.3)]
    new = [make_measurements([1, 1, 0, 1]), make_measurements([1, 1, np.nan, 1], recall=0.9)]
    print_tables({"old": old, "new": new}, [("new", "old")], "accuracy", tmp_path)
    output = capsys.readouterr().out
    means, improvement = find_rows(output, "accuracy")
    assert means == ["0.375 (0.250 - 0.500)", "0.875 (0.750 - 1.000)"]
    assert improvement[0].startswith("0.375 (")  # of each example, over the seeds: 1/2, 1, 0 and 0
    assert find_rows(output, "recall")[1] == ["0.300"]  # a measure of the corpus has no interval
    assert find_rows(output, "divergence between seeds") == [["0.000 (0.000 to 0.000)"] * 2]
    assert find_rows(output, "old")[0] == ["0.900 / 0.000", "0.700 / 0.400"]
    assert (tmp_path / "letters.png").read_bytes().startswith(b"\x89PNG")


def test_print_tables_creates_folder_of_figures(tmp_path, capsys):
    folder = tmp_path / "new" / "figures"
    print_tables({"model": [make_measurements([1, 0])]}, [], "accuracy", folder)
    assert [path.name for path in folder.iterdir()] == ["letters.png"]
    assert "divergence between seeds" not in capsys.readouterr().out


class Module(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def serve(self, x):
        return {"y": x}

    def signatures(self):
        return {"serving_default": self.serve}


@pytest.fixture
def trained():
    return Trained(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), Module())


def test_compare_fine_tuning_trains_control_and_supervised_from_same_model(trained, tmp_path, capsys):
    configs = []

    def train(config, data):
        assert data == "data"
        if config.warm_start_from:
            assert (config.warm_start_from / "1" / "model.keras").exists()
        configs.append(config)
        return trained

    config = dataclasses.replace(SentimentConfig(), runs=tmp_path)
    study = FineTuningStudy(30, 0.25, 2.0, seeds=(3, 5))
    compare_fine_tuning(config, study, "data", train, lambda *_: make_measurements([1, 0]), "accuracy")
    assert [config.training.seed for config in configs] == [3, 3, 3, 5, 5, 5]
    assert [config.model.attention_loss_weight for config in configs] == [0, 0, 2, 0, 0, 2]
    assert [config.training.steps for config in configs] == [SentimentConfig().training.steps, 30, 30] * 2
    assert {config.training.learning_rate for config in configs if config.warm_start_from} == {0.25}
    starts = [config.warm_start_from for config in configs]
    assert starts[0] is starts[3] is None
    assert starts[1] == starts[2] != starts[4] == starts[5]
    output = capsys.readouterr().out
    assert "Means of 2 seeds" in output
    assert all(name in output for name in (BEFORE, CONTROL, SUPERVISED, f"{SUPERVISED} - {CONTROL}"))


def test_without_unused_gold_keeps_gold_of_supervised_models():
    @dataclasses.dataclass(frozen=True)
    class Data:
        gold: np.ndarray | None

    data = Data(np.ones(2, bool))
    assert without_unused_gold(data, 0.5) is data
    assert without_unused_gold(data, 0.0).gold is None
