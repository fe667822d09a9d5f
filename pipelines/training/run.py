"""Resumable training runs: folder, seed, precision and fit."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import keras
import numpy as np

from ..saved_model.export import to_json
from .batching import Sequences, TokenBatches
from .callbacks import ProgressLine, TensorBoardScalars
from .config import RunConfig, TrainingConfig
from .precision import precision_advice
from .trainer import Batch, Losses, Metrics, Trainer


def run_folder(config: RunConfig, training_data: Sequences) -> Path:
    """Return the folder of a run, named after a hash of its configuration and its data.

    The same configuration and data resume a run; any change starts a new one.

    Args:
        config: configuration of the pipeline.
        training_data: training examples. A changed file, or a newer version of a data set, starts a new run.
    """
    settings = [config.data, config.model, config.training]
    if config.warm_start_from:
        settings.append(config.warm_start_from)
    digest = hashlib.sha256(to_json(settings).encode())
    for name, rows in training_data.items():
        digest.update(f"{name} {[len(row) for row in rows]}".encode())
        digest.update(np.concatenate(rows).tobytes())
    name = f"{config.data.data.replace('/', '-')}-{config.model.architecture}-{digest.hexdigest()[:8]}"
    return config.runs / Path(name).name


def start_run(config: RunConfig, training_data: Sequences) -> Path:
    """Set the seed and the precision, and create the folder of the run. Call it before building the model.

    Args:
        config: configuration of the pipeline.
        training_data: training examples, see `run_folder`.

    Returns:
        The folder; its `config.json` holds the configuration.
    """
    keras.utils.set_random_seed(config.training.seed)
    keras.config.set_dtype_policy("mixed_bfloat16" if config.training.mixed_precision else "float32")
    if advice := precision_advice(config.training):
        print(advice)
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
    monitor: Sequence[str],
    unit: str = "tokens",
) -> Metrics:
    """Train to the end, or resume an interrupted run; load the best weights into the model.

    Args:
        folder: folder of the run, from `start_run`.
        config: optimization and its schedule.
        model: a built Keras model.
        batches: training data.
        losses: function of a batch, see `Trainer`.
        validate: function that evaluates the current model and returns its metrics.
        monitor: names of the metrics to maximize; the first one decides, the others break ties.
        unit: what the losses count as `tokens`, for the progress line.

    Returns:
        The result of `Trainer.fit`, the padding ratio, the number of parameters and the epochs.
    """
    metrics = Trainer(model, losses, config, folder / "checkpoints", monitor).fit(
        batches,
        validate,
        callbacks=[ProgressLine(config.steps, unit=unit), TensorBoardScalars(folder / "tensorboard")],
    )
    num_batches = metrics["steps"] * config.gradient_accumulation_steps
    return metrics | {
        "padding_ratio": round(batches.padding_ratio, 4),
        "parameters": model.count_params(),
        "epochs": round(num_batches / batches.steps_per_epoch, 1),
    }
