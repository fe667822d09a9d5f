"""Tests of training runs: folder, seed, precision, logs."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from foveal.pipelines.training.batching import TokenBatches
from foveal.pipelines.training.config import TrainingConfig
from foveal.pipelines.training.losses import correct_tokens, total_cross_entropy
from foveal.pipelines.training.run import fit, run_folder, start_run


@dataclasses.dataclass(frozen=True)
class Config:
    training: TrainingConfig
    runs: Path
    data: SimpleNamespace
    model: SimpleNamespace
    warm_start_from: Path | None = None


@pytest.fixture
def config(tmp_path):
    training = TrainingConfig(steps=3, validation_freq=2, jit_compile=False, seed=7)
    return Config(training, tmp_path, SimpleNamespace(data="toy.tsv"), SimpleNamespace(architecture="rnn"))


def with_training(config, **settings):
    return dataclasses.replace(config, training=dataclasses.replace(config.training, **settings))


def test_run_folder_depends_on_configuration(config):
    folder = run_folder(config, {})
    assert folder == run_folder(with_training(config), {})
    assert folder != run_folder(with_training(config, learning_rate=0.5), {})
    assert folder != run_folder(dataclasses.replace(config, warm_start_from=Path("saved_models/1")), {})


def test_run_folder_depends_on_training_data(config):
    ids = {"source": [np.arange(2), np.arange(3)], "target": [np.arange(4)]}
    folder = run_folder(config, ids)
    assert folder == run_folder(config, {side: [row.copy() for row in rows] for side, rows in ids.items()})
    changed = [
        ids | {"target": [np.array([0, 1, 2, 4])]},
        ids | {"source": [np.arange(2), np.arange(3), np.arange(0)]},
        {
            "source": [np.array([0, 1, 0]), np.array([1, 2])],
            "target": ids["target"],
        },  # equal when concatenated
        {"source": ids["source"], "label": ids["target"]},
    ]
    assert len({folder, *(run_folder(config, data) for data in changed)}) == 5


@pytest.mark.parametrize("name", ["multi30k/en_de", "../x/toy.tsv", "a.en,a.de"])
def test_run_folder_lies_in_runs_for_any_data_name(config, tmp_path, name):
    named = dataclasses.replace(config, data=SimpleNamespace(data=name))
    assert run_folder(named, {}).parent == tmp_path


def test_start_run_sets_seed_and_precision_and_writes_config(config):
    weights = []
    for precision in (False, False, True):
        folder = start_run(with_training(config, mixed_precision=precision), {})
        assert keras.config.dtype_policy().name == ("mixed_bfloat16" if precision else "float32")
        weights.append(keras.layers.Embedding(5, 3)(np.arange(5)))
    keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(weights[0], weights[1])
    assert json.loads((folder / "config.json").read_text())["training"]["seed"] == 7


def test_fit_returns_metrics_and_writes_scalars(config):
    folder = start_run(config, {})
    batches = TokenBatches({"ids": [np.arange(1, 5)] * 6}, batch_tokens=12, num_buckets=1)
    model = keras.Sequential([keras.Input((None,)), keras.layers.Embedding(5, 3), keras.layers.Dense(5)])

    def losses(batch):
        logits, mask = model(batch["ids"]), batch["ids"] > 0
        return {
            "loss": total_cross_entropy(logits, batch["ids"], mask),
            "accuracy": correct_tokens(logits, batch["ids"], mask),
            "tokens": 12.0,
        }

    metrics = fit(folder, config.training, model, batches, losses, lambda: {"quality": 2.0}, ["quality"])
    assert metrics["best_quality"] == 2.0
    assert (metrics["steps"], metrics["epochs"], metrics["padding_ratio"]) == (3, 1.5, 0.0)
    assert metrics["parameters"] == 5 * 3 + 3 * 5 + 5
    assert list((folder / "tensorboard").glob("events*"))
