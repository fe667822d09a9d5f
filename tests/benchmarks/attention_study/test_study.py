import dataclasses
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from foveal.benchmarks.attention_study.study import (
    BEFORE,
    CONTROL,
    SUPERVISED,
    FineTuning,
    Measurements,
    Trained,
    compare_fine_tuning,
    print_tables,
)
from foveal.focus import ConfidenceInterval, RobustnessResult
from foveal.pipelines.sentiment.config import SentimentConfig

NOISE = {
    "letters": [
        RobustnessResult(
            0.1,
            ConfidenceInterval(0.7, 0.6, 0.8),
            ConfidenceInterval(0.2, 0.1, 0.3),
            ConfidenceInterval(0.4, 0.3, 0.5),
        )
    ]
}


def measured(accuracy, recall=0.5):
    numbers = {"accuracy": np.array(accuracy, float), "recall": np.array([recall])}
    return Measurements(numbers, [np.array([0.5, 0.5])] * 2, NOISE)


def row(told, name):
    """The cells of the first row of this name, and of those behind it."""
    rows = [line for line in told.splitlines() if line.startswith(f"| {name} ")]
    return [[cell.strip() for cell in line.split("|")[2:-1]] for line in rows]


def test_means_ranges_and_gains_are_told(capsys, tmp_path):
    old = [measured([1, 0, 0, 1]), measured([0, 0, 0, 1], recall=0.3)]
    new = [measured([1, 1, 0, 1]), measured([1, 1, np.nan, 1], recall=0.9)]
    print_tables({"old": old, "new": new}, [("new", "old")], "accuracy", tmp_path)
    told = capsys.readouterr().out
    means, gain = row(told, "accuracy")
    assert means == ["0.375 (0.250 - 0.500)", "0.875 (0.750 - 1.000)"]
    assert gain[0].startswith("0.375 (")  # of each text, over the seeds: 1/2, 1, 0 and 0
    assert row(told, "recall")[1] == ["0.300"]  # a number of the corpus has no interval
    assert row(told, "drift between seeds") == [["0.000 (0.000 - 0.000)"] * 2]
    assert row(told, "old")[0] == ["0.900 / 0.000", "0.700 / 0.400"]
    assert (tmp_path / "letters.png").read_bytes().startswith(b"\x89PNG")


class Module(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None])])
    def serve(self, x):
        return {"y": x}

    def signatures(self):
        return {"serving_default": self.serve}


@pytest.fixture
def trained():
    return Trained(keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)]), Module())


def test_each_seed_is_trained_untold_then_tuned_without_and_with_gold(trained, tmp_path, capsys):
    asked = []

    def train(config):
        if config.start:
            assert (config.start / "1" / "model.keras").exists()
        asked.append(config)
        return trained

    config = dataclasses.replace(SentimentConfig(), runs=tmp_path)
    compare_fine_tuning(
        config, FineTuning(30, 0.25, 2.0), (3, 5), train, lambda _: measured([1, 0]), "accuracy"
    )
    assert [one.training.seed for one in asked] == [3, 3, 3, 5, 5, 5]
    assert [one.model.attention_loss_weight for one in asked] == [0, 0, 2, 0, 0, 2]
    assert [one.training.steps for one in asked] == [config.training.steps, 30, 30] * 2
    assert {one.training.learning_rate for one in asked if one.start} == {0.25}
    starts = [one.start for one in asked]
    assert starts[0] is starts[3] is None
    assert starts[1] == starts[2] != starts[4] == starts[5]
    told = capsys.readouterr().out
    assert "Means of 2 seeds" in told
    assert all(name in told for name in (BEFORE, CONTROL, SUPERVISED, f"{SUPERVISED} - {CONTROL}"))


def test_folders_of_figures_are_made(tmp_path, capsys):
    folder = Path(tmp_path / "new" / "one")
    print_tables({"one": [measured([1, 0])]}, [], "accuracy", folder)
    assert [path.name for path in folder.iterdir()] == ["letters.png"]
    assert "drift between seeds" not in capsys.readouterr().out
