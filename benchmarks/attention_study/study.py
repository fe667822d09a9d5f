"""Models side by side, each over several seeds: quality, agreement, faithfulness, robustness, as tables."""

import dataclasses
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from tabulate import tabulate

from foveal.focus import RobustnessResult, bootstrap_interval, seed_divergence
from foveal.focus.figures import RobustnessCurve, robustness_figure
from foveal.pipelines.evaluation.faithfulness import shown
from foveal.pipelines.saved_model.export import export
from foveal.pipelines.training.run import run_folder


class Measurements(NamedTuple):
    """What was measured of one model with one seed.

    numbers: by name, of each example `(examples,)`; NaN where an example has none, of a corpus one alone.
    maps: of some examples. stressed: a table for each noise, see `foveal.focus.stress`.
    """

    numbers: dict[str, np.ndarray]
    maps: list[np.ndarray]
    robustness: dict[str, list[RobustnessResult]]

    def __str__(self) -> str:
        return ", ".join(f"{name} {np.nanmean(values):.3f}" for name, values in self.numbers.items())


@dataclasses.dataclass(frozen=True)
class FineTuning:
    """How a trained model is told where to look."""

    updates: int = 600
    """Of its weights."""
    rate: float = 1e-3
    """The highest learning rate of these."""
    strength: float = 1.0
    """How much it counts where attention looks."""


BEFORE, CONTROL, SUPERVISED = "before", "tuned, untold", "tuned, told"
Results = Mapping[str, Sequence[Measurements]]  # of each model by name, its seeds


class Trained(NamedTuple):
    """A trained model, and what serves it: a module with `signatures()`."""

    model: keras.Model
    module: Any


def compare_fine_tuning(
    config: Any,
    tuning: FineTuning,
    seeds: Sequence[int],
    train: Callable[[Any], Trained],
    measure: Callable[[Trained], Measurements],
    quality: str,
    figures: Path | None = None,
) -> None:
    """What tuning to gold attention does to a pipeline's model, over seeds; prints what `print_tables` does.

    Three models of each seed: one that was never told where to look; the same after some more updates, as a
    control; and after as many in which it was told.

    Args:
        config: of the pipeline; of what it trains first.
        tuning: of what comes then.
        seeds: of each model.
        train: trains a model, or takes it from its run.
        measure: measures it.
        quality, figures: as in `print_tables`.
    """
    found: dict[str, list[Measurements]] = {BEFORE: [], CONTROL: [], SUPERVISED: []}

    def note(name: str, config: Any) -> Trained:
        trained = train(config)
        found[name].append(measure(trained))
        print(f"{name}, seed {config.training.seed}: {found[name][-1]}", flush=True)
        return trained

    for seed in seeds:
        model = dataclasses.replace(config.model, attention_loss_weight=0.0)
        training = dataclasses.replace(config.training, seed=seed)
        untuned = dataclasses.replace(config, model=model, training=training)
        start = _exported(run_folder(untuned, {}), note(BEFORE, untuned))
        training = dataclasses.replace(
            training,
            steps=tuning.updates,
            learning_rate=tuning.rate,
            warmup_steps=tuning.updates // 10,
            validation_freq=tuning.updates,
        )
        for name, attention_loss_weight in ((CONTROL, 0.0), (SUPERVISED, tuning.strength)):
            model = dataclasses.replace(config.model, attention_loss_weight=attention_loss_weight)
            note(name, dataclasses.replace(config, model=model, training=training, start=start))
    print_tables(found, [(SUPERVISED, BEFORE), (SUPERVISED, CONTROL)], quality, figures)


def _exported(folder: Path, trained: Trained) -> Path:
    """Export a model into a folder of its own, so that another training can go on from it."""
    shutil.rmtree(folder, ignore_errors=True)
    export(folder, trained.module, trained.module.signatures(), trained.model, {})
    return folder


def print_tables(
    found: Results, pairs: Sequence[tuple[str, str]], quality: str, figures: Path | None = None
) -> None:
    """Print the tables.

    Args:
        found: what was measured of each model.
        pairs: models, and the one that each is compared to.
        quality: what is lost under noise.
        figures: folder for a picture of each noise.
    """
    seeds = len(next(iter(found.values())))
    print(f"\nMeans of {seeds} seeds, and the range over them\n")
    print(_means(found))
    for noise in next(iter(found.values()))[0].robustness:
        print(f"\n{noise}: {quality} / drift at each dose, means of the seeds\n")
        print(_under(noise, found))
        if figures:
            _draw(noise, found, quality, figures)
    if pairs:
        print("\nWhat is gained: means over the seeds of an example, bootstrap interval over the examples\n")
        print(_gains(found, pairs))


def _means(found: Results) -> str:
    rows = []
    for name in next(iter(found.values()))[0].numbers:
        cells = [[float(np.nanmean(one.numbers[name])) for one in seeds] for seeds in found.values()]
        rows.append([name, *(f"{np.mean(c):.3f} ({min(c):.3f} - {max(c):.3f})" for c in cells)])
    if all(len(seeds) > 1 for seeds in found.values()):
        divergence = [
            shown(bootstrap_interval(seed_divergence([one.maps for one in seeds])))
            for seeds in found.values()
        ]
        rows.append(["drift between seeds", *divergence])
    return tabulate(rows, ["", *found], tablefmt="pipe")


def _under(noise: str, found: Results) -> str:
    rows = []
    for name, seeds in found.items():
        pairs = np.stack([np.asarray(part) for part in _curve(noise, seeds)], axis=1)
        rows.append([name, *(f"{quality:.3f} / {divergence:.3f}" for quality, divergence in pairs)])
    return tabulate(rows, ["", "0", *map(str, _doses(noise, found))], tablefmt="pipe")


def _curve(noise: str, seeds: Sequence[Measurements]) -> RobustnessCurve:
    """The means of the seeds, at no noise and at each dose."""
    tables = [one.robustness[noise] for one in seeds]
    quality = [
        [table[0].quality.value + table[0].drop.value, *(r.quality.value for r in table)] for table in tables
    ]
    divergence = [[0.0, *(row.divergence.value for row in table)] for table in tables]
    return RobustnessCurve(np.mean(quality, axis=0), np.mean(divergence, axis=0))


def _doses(noise: str, found: Results) -> list[float]:
    return [row.severity for row in next(iter(found.values()))[0].robustness[noise]]


def _draw(noise: str, found: Results, quality: str, folder: Path) -> None:
    curves = {name: _curve(noise, seeds) for name, seeds in found.items()}
    severities = [0.0, *_doses(noise, found)]
    figure = robustness_figure(
        severities, curves, perturbation=noise, quality=quality, divergence="drift of attention"
    )
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{noise.replace(' ', '-')}.png")


def _gains(found: Results, pairs: Sequence[tuple[str, str]]) -> str:
    rows = []
    for name in next(iter(found.values()))[0].numbers:
        row = [name]
        for pair in pairs:
            new, old = (np.nanmean([one.numbers[name] for one in found[model]], axis=0) for model in pair)
            row.append(shown(bootstrap_interval(new - old)) if len(new) > 1 else f"{(new - old).item():.3f}")
        rows.append(row)
    return tabulate(rows, ["", *(f"{new} - {old}" for new, old in pairs)], tablefmt="pipe")
