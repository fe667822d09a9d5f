"""Models side by side, each over several seeds: quality, agreement, faithfulness, robustness, as tables."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from tabulate import tabulate

from foveal.focus import Stressed, interval, seed_drift
from foveal.focus.stress_curves import StressCurve, stress_figure
from foveal.pipelines.doubting import shown


class Measured(NamedTuple):
    """What was measured of one model with one seed.

    numbers: by name, of each example `(examples,)`; NaN where an example has none, of a corpus one alone.
    maps: of some examples. stressed: a table for each noise, see `foveal.focus.stress`.
    """

    numbers: dict[str, np.ndarray]
    maps: list[np.ndarray]
    stressed: dict[str, list[Stressed]]

    def __str__(self) -> str:
        return ", ".join(f"{name} {np.nanmean(values):.3f}" for name, values in self.numbers.items())


Found = Mapping[str, Sequence[Measured]]  # of each model by name, its seeds


def study_guidance(
    config: Any,
    guides: Sequence[float],
    seeds: Sequence[int],
    measure: Callable[[Any], Measured],
    quality: str,
    figures: Path | None = None,
) -> None:
    """Measure a pipeline's model with more or less guidance, over seeds, and print what `tell` does.

    Args:
        config: of the pipeline; `model.guide` and `training.seed` are those of each model.
        guides: how much attention is told where to look; to 0, if it is among them, the others are compared.
        seeds: of each model.
        measure: trains a model, or takes it from its run, and measures it.
        quality, figures: as in `tell`.
    """

    def measured(guide: float, seed: int) -> Measured:
        model = dataclasses.replace(config.model, guide=guide)
        training = dataclasses.replace(config.training, seed=seed)
        found = measure(dataclasses.replace(config, model=model, training=training))
        print(f"guide {guide:g}, seed {seed}: {found}", flush=True)
        return found

    found = {f"guide {guide:g}": [measured(guide, seed) for seed in seeds] for guide in guides}
    others = [name for name in found if name != "guide 0"] if "guide 0" in found else []
    tell(found, dict.fromkeys(others, "guide 0"), quality, figures)


def tell(found: Found, pairs: Mapping[str, str], quality: str, figures: Path | None = None) -> None:
    """Print the tables.

    Args:
        found: what was measured of each model.
        pairs: models, each with the one that it is compared to.
        quality: what is lost under noise.
        figures: folder for a picture of each noise.
    """
    seeds = len(next(iter(found.values())))
    print(f"\nMeans of {seeds} seeds, and the range over them\n")
    print(_means(found))
    for noise in next(iter(found.values()))[0].stressed:
        print(f"\n{noise}: {quality} / drift at each dose, means of the seeds\n")
        print(_under(noise, found))
        if figures:
            _draw(noise, found, quality, figures)
    if pairs:
        print("\nWhat is gained: means over the seeds of an example, bootstrap interval over the examples\n")
        print(_gains(found, pairs))


def _means(found: Found) -> str:
    rows = []
    for name in next(iter(found.values()))[0].numbers:
        cells = [[float(np.nanmean(one.numbers[name])) for one in seeds] for seeds in found.values()]
        rows.append([name, *(f"{np.mean(c):.3f} ({min(c):.3f} - {max(c):.3f})" for c in cells)])
    if all(len(seeds) > 1 for seeds in found.values()):
        drift = [shown(interval(seed_drift([one.maps for one in seeds]))) for seeds in found.values()]
        rows.append(["drift between seeds", *drift])
    return tabulate(rows, ["", *found], tablefmt="pipe")


def _under(noise: str, found: Found) -> str:
    rows = []
    for name, seeds in found.items():
        pairs = np.stack([np.asarray(part) for part in _curve(noise, seeds)], axis=1)
        rows.append([name, *(f"{quality:.3f} / {drift:.3f}" for quality, drift in pairs)])
    return tabulate(rows, ["", "0", *map(str, _doses(noise, found))], tablefmt="pipe")


def _curve(noise: str, seeds: Sequence[Measured]) -> StressCurve:
    """The means of the seeds, at no noise and at each dose."""
    tables = [one.stressed[noise] for one in seeds]
    quality = [
        [table[0].quality.value + table[0].drop.value, *(r.quality.value for r in table)] for table in tables
    ]
    drift = [[0.0, *(row.drift.value for row in table)] for table in tables]
    return StressCurve(np.mean(quality, axis=0), np.mean(drift, axis=0))


def _doses(noise: str, found: Found) -> list[float]:
    return [row.dose for row in next(iter(found.values()))[0].stressed[noise]]


def _draw(noise: str, found: Found, quality: str, folder: Path) -> None:
    curves = {name: _curve(noise, seeds) for name, seeds in found.items()}
    doses = [0.0, *_doses(noise, found)]
    figure = stress_figure(doses, curves, disturbance=noise, quality=quality, drift="drift of attention")
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{noise.replace(' ', '-')}.png")


def _gains(found: Found, pairs: Mapping[str, str]) -> str:
    rows = []
    for name in next(iter(found.values()))[0].numbers:
        row = [name]
        for pair in pairs.items():
            new, old = (np.nanmean([one.numbers[name] for one in found[model]], axis=0) for model in pair)
            row.append(shown(interval(new - old)) if len(new) > 1 else f"{(new - old).item():.3f}")
        rows.append(row)
    return tabulate(rows, ["", *(f"{new} - {old}" for new, old in pairs.items())], tablefmt="pipe")
