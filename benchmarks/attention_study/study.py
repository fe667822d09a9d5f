"""Comparison of models over seeds: quality, plausibility, faithfulness and robustness, printed as tables."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import keras
import numpy as np
from tabulate import tabulate

from foveal.benchmarks.configuration import with_settings
from foveal.focus import RobustnessResult, bootstrap_interval, seed_divergence
from foveal.focus.figures import RobustnessCurve, robustness_figure
from foveal.pipelines.evaluation.tables import format_interval
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.training.run import run_folder

Data = TypeVar("Data")


class Measurements(NamedTuple):
    """Measurements of one model with one seed.

    numbers: by name, a value for each example, `(examples,)`, NaN for an example without one; or `(1,)` for a
        measure of a corpus.
    maps: attention maps of examples, for the divergence between seeds; may be empty.
    robustness: for each perturbation a result for each severity, see `foveal.focus.measure_robustness`; may
        be empty.
    """

    numbers: dict[str, np.ndarray]
    maps: Sequence[np.ndarray]
    robustness: dict[str, list[RobustnessResult]]

    def __str__(self) -> str:
        return ", ".join(f"{name} {_mean(values):.3f}" for name, values in self.numbers.items())


class Trained(NamedTuple):
    """A trained model, and the module of its SavedModel, with a method `signatures()`."""

    model: keras.Model
    module: Any


@dataclasses.dataclass(frozen=True)
class FineTuningStudy:
    """Fine-tuning of trained models with and without gold attention, over seeds."""

    fine_tuning_steps: int = 600
    """Updates of the weights in fine-tuning."""
    fine_tuning_learning_rate: float = 1e-3
    """Peak learning rate of fine-tuning."""
    fine_tuning_attention_loss_weight: float = 1.0
    """Weight of the attention loss in supervised fine-tuning."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of each model."""
    num_examples: int = 300
    """Test examples whose faithfulness is measured."""
    num_perturbed: int = 200
    """Test examples whose robustness is measured."""
    figures: Path | None = None
    """Folder for a figure of each perturbation."""


BEFORE, CONTROL, SUPERVISED = "before", "fine-tuned, control", "fine-tuned, supervised"
Results = Mapping[str, Sequence[Measurements]]  # of each model, for each seed


def compare_fine_tuning(
    config: Any,
    study: FineTuningStudy,
    data: Data,
    train: Callable[[Any, Data], Trained],
    measure: Callable[[Trained, Data, FineTuningStudy], Measurements],
    quality: str,
) -> None:
    """Compare fine-tuning with and without gold attention, over seeds; print the tables of `print_tables`.

    Three models are trained for each seed: one without supervised attention; the same after fine-tuning
    without supervision, as a control; and the same after as many updates with supervision.

    Args:
        config: configuration of the pipeline, for the first training.
        study: settings of fine-tuning and of the measurements.
        data: data of the pipeline, with gold attention.
        train: function of a configuration and the data that trains a model, or loads it from its run.
        measure: function of a trained model, the data and the settings.
        quality: name of the quality under perturbation.
    """
    results: dict[str, list[Measurements]] = {BEFORE: [], CONTROL: [], SUPERVISED: []}

    def train_and_measure(name: str, config: Any) -> Trained:
        trained = train(config, data)
        results[name].append(measure(trained, data, study))
        print(f"{name}, seed {config.training.seed}: {results[name][-1]}", flush=True)
        return trained

    for seed in study.seeds:
        initial = with_settings(config, {"attention_loss_weight": 0.0}, {"seed": seed})
        version = _export(run_folder(initial, {}), train_and_measure(BEFORE, initial))
        weights = {CONTROL: 0.0, SUPERVISED: study.fine_tuning_attention_loss_weight}
        for name, attention_loss_weight in weights.items():
            model = {"attention_loss_weight": attention_loss_weight}
            training = _fine_tuning_settings(study)
            train_and_measure(name, with_settings(initial, model, training, warm_start_from=version))
    print_tables(results, [(SUPERVISED, BEFORE), (SUPERVISED, CONTROL)], quality, study.figures)


def without_unused_gold(data: Data, attention_loss_weight: float) -> Data:
    """Return the data for training, without gold attention if its loss has no weight.

    Args:
        data: dataclass with a field `gold`.
        attention_loss_weight: weight of the loss that supervises the attention.
    """
    fields: Any = data
    return data if attention_loss_weight else dataclasses.replace(fields, gold=None)


def print_tables(
    results: Results, pairs: Sequence[tuple[str, str]], quality: str, figures: Path | None = None
) -> None:
    """Print the means over the seeds, the results under each perturbation, and the improvements.

    Args:
        results: measurements of each model.
        pairs: names of models, each with the one that it is compared with.
        quality: name of the quality under perturbation.
        figures: folder for a figure of each perturbation.
    """
    seeds = len(_first_model(results))
    print(f"\nMeans of {seeds} seeds, with their range\n")
    print(_means_table(results))
    for perturbation in _first_model(results)[0].robustness:
        print(f"\n{perturbation}: {quality} / divergence of attention by severity, means of the seeds\n")
        print(_robustness_table(perturbation, results))
        if figures:
            _save_figure(perturbation, results, quality, figures)
    if pairs:
        print("\nImprovements: means over seeds and examples, bootstrap interval over the examples\n")
        print(_improvements_table(results, pairs))


def _export(folder: Path, trained: Trained) -> Path:
    """Export a model into a folder of its own, for a warm start."""
    shutil.rmtree(folder, ignore_errors=True)
    export_saved_model(folder, trained.module, trained.module.signatures(), trained.model, {})
    return folder


def _fine_tuning_settings(study: FineTuningStudy) -> dict[str, Any]:
    return {
        "steps": study.fine_tuning_steps,
        "learning_rate": study.fine_tuning_learning_rate,
        "warmup_steps": study.fine_tuning_steps // 10,
        "validation_freq": study.fine_tuning_steps,
    }


def _mean(values: np.ndarray) -> float:
    """Average the examples that have a value; NaN if none has."""
    return float(np.nanmean(values)) if not np.isnan(values).all() else np.nan


def _first_model(results: Results) -> Sequence[Measurements]:
    return next(iter(results.values()))


def _means_table(results: Results) -> str:
    rows = []
    for name in _first_model(results)[0].numbers:
        cells = [[_mean(seed.numbers[name]) for seed in seeds] for seeds in results.values()]
        rows.append([name, *(f"{np.mean(c):.3f} ({min(c):.3f} - {max(c):.3f})" for c in cells)])
    if all(len(seeds) > 1 and seeds[0].maps for seeds in results.values()):
        divergences = (seed_divergence([seed.maps for seed in seeds]) for seeds in results.values())
        intervals = [format_interval(bootstrap_interval(divergence)) for divergence in divergences]
        rows.append(["divergence between seeds", *intervals])
    return tabulate(rows, ["", *results], tablefmt="pipe")


def _robustness_table(perturbation: str, results: Results) -> str:
    rows = []
    for name, seeds in results.items():
        cells = zip(*_mean_quality_and_divergence(perturbation, seeds), strict=True)
        rows.append([name, *(f"{quality:.3f} / {divergence:.3f}" for quality, divergence in cells)])
    return tabulate(rows, ["", "0", *map(str, _severities(perturbation, results))], tablefmt="pipe")


def _mean_quality_and_divergence(
    perturbation: str, seeds: Sequence[Measurements]
) -> tuple[np.ndarray, np.ndarray]:
    """Average quality and divergence over the seeds, without perturbation and at each severity."""
    tables = [seed.robustness[perturbation] for seed in seeds]
    quality = [
        [table[0].quality.value + table[0].drop.value, *(row.quality.value for row in table)]
        for table in tables
    ]
    divergence = [[0.0, *(row.divergence.value for row in table)] for table in tables]
    return np.mean(quality, axis=0), np.mean(divergence, axis=0)


def _severities(perturbation: str, results: Results) -> list[float]:
    return [row.severity for row in _first_model(results)[0].robustness[perturbation]]


def _save_figure(perturbation: str, results: Results, quality: str, folder: Path) -> None:
    curves = {}
    for name, seeds in results.items():
        qualities, divergence = _mean_quality_and_divergence(perturbation, seeds)
        curves[name] = RobustnessCurve(qualities[0] - qualities, divergence)
    severities = [0.0, *_severities(perturbation, results)]
    figure = robustness_figure(severities, curves, perturbation=perturbation, quality=quality)
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{perturbation.replace(' ', '-')}.png")


def _improvements_table(results: Results, pairs: Sequence[tuple[str, str]]) -> str:
    rows = []
    for name in _first_model(results)[0].numbers:
        row = [name]
        for pair in pairs:
            new, old = (np.nanmean([seed.numbers[name] for seed in results[model]], axis=0) for model in pair)
            difference = new - old
            is_corpus = len(difference) == 1
            row.append(
                f"{difference.item():.3f}" if is_corpus else format_interval(bootstrap_interval(difference))
            )
        rows.append(row)
    return tabulate(rows, ["", *(f"{new} - {old}" for new, old in pairs)], tablefmt="pipe")
