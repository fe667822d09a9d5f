"""One run of a pipeline: its folder, its seed and its training, watched and resumable."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np

from ..saved_model.export import to_json
from .batching import Sequences, TokenBatches
from .callbacks import ProgressLine, TensorBoardScalars
from .trainer import Batch, Losses, Metrics, Trainer, TrainingConfig, train


class RunConfig(Protocol):
    """What every pipeline's configuration has: data named `data.data`, a `model.architecture`."""

    @property
    def data(self) -> Any: ...

    @property
    def model(self) -> Any: ...

    @property
    def training(self) -> TrainingConfig: ...

    @property
    def warm_start_from(self) -> Path | None: ...

    @property
    def runs(self) -> Path: ...


def run_folder(config: RunConfig, training_data: Sequences) -> Path:
    """The folder of a run: the same settings on the same data go on, others start afresh.

    Args:
        config: its settings.
        training_data: what it learns from. A file that has changed since, or a newer version of a data set, makes
            another run.
    """
    parts = (
        config.data,
        config.model,
        config.training,
        *([config.warm_start_from] if config.warm_start_from else []),
    )
    digest = hashlib.sha256(to_json(parts).encode())
    for name, rows in training_data.items():
        digest.update(f"{name} {[len(row) for row in rows]}".encode())
        digest.update(np.concatenate(rows).tobytes())
    name = f"{config.data.data.replace('/', '-')}-{config.model.architecture}-{digest.hexdigest()[:8]}"
    return config.runs / Path(name).name


def start_run(config: RunConfig, training_data: Sequences) -> Path:
    """Set seed and precision, before the model is built; make the folder of the run.

    Args:
        config: its settings.
        training_data: what it learns from, see `run_folder`.

    Returns:
        The folder, in which `config.json` holds the settings.
    """
    keras.utils.set_random_seed(config.training.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if config.training.mixed_precision else "float32")
    folder = run_folder(config, training_data)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(to_json(config), encoding="utf-8")
    return folder


def fit(
    folder: Path,
    config: TrainingConfig,
    model: keras.Model,
    batches: TokenBatches,
    losses: Callable[[Batch], Losses],
    validate: Callable[[], Metrics],
    metric: str,
) -> Metrics:
    """Train to the end, or finish what was interrupted; leaves the best weights in the model.

    Args:
        folder: of the run, from `start_run`.
        config: how to train.
        model: a built Keras model.
        batches: what it learns from.
        losses: see `training.Trainer`.
        validate: evaluates the model as it is.
        metric: the one of the metrics that must rise.

    Returns:
        What `train` returns, and the share of padding, the number of parameters and the epochs.
    """
    told = train(
        Trainer(model, losses, config, folder / "checkpoints"),
        batches,
        validate,
        metric,
        callbacks=[ProgressLine(config.steps), TensorBoardScalars(folder / "tensorboard")],
    )
    told |= {"padding": round(batches.padding, 4), "parameters": model.count_params()}
    told["epochs"] = round(told["steps"] * config.gradient_accumulation_steps / batches.steps_per_epoch, 1)
    return told
