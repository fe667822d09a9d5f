"""Is a classifier with sharper, or with guided, attention better? Several, over seeds.

`python benchmarks/focus_of_sentiment.py`; all flags of the pipeline hold. `--models` are attentions, each
with how much gold rationales guide it: `soft:0 adaptive:1`. For each model, over its seeds: accuracy on both
test splits and with as many words of distractors as a text has; whether people agree (AUPRC, share of
attention on the rationales); whether the label rests on what was looked at (ERASER's comprehensiveness and
sufficiency, Kendall's tau with leave-one-out); how many words it looks at. Then accuracy and drift of
attention under growing noise, beside the drift between seeds, also as pictures; and what guidance gains,
with intervals. A trained model is kept in `runs/`, and not trained twice.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tyro
from tabulate import tabulate

from foveal.focus import Stressed, distractors, effective_keys, interval, seed_drift, stress
from foveal.focus.stress_curves import StressCurve, stress_figure
from foveal.pipelines.doubting import shown
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.doubt import measures
from foveal.pipelines.sentiment.looking import looker, maps_of
from foveal.pipelines.sentiment.stress import beside_the_point, perturbations
from foveal.pipelines.sentiment.train import train_classifier


class Measured(NamedTuple):
    """Of one model and seed: numbers `(texts,)` by name, the maps of some texts, a table for each noise."""

    numbers: dict[str, np.ndarray]
    maps: list[np.ndarray]
    stressed: dict[str, list[Stressed]]


def main(
    config: SentimentConfig,
    models: tuple[str, ...] = ("soft:0", "sparse:0", "hard:0", "adaptive:0", "soft:1", "adaptive:1"),
    seeds: tuple[int, ...] = (0, 1, 2),
    texts: int = 300,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data, guided=True)
    found = {name: [_measure(one, data, texts) for one in _of_seeds(config, name, seeds)] for name in models}
    print(f"\nMeans of {len(seeds)} seeds, and the range over them\n")
    print(_quality(found))
    for noise in next(iter(found.values()))[0].stressed:
        print(f"\n{noise}: accuracy / drift at each dose, means of the seeds\n")
        print(_under(noise, found))
        if figures:
            _draw(noise, found, figures)
    print("\nWhat guidance gains: means over the seeds of a text, bootstrap interval over the texts\n")
    print(_gains(found))


def _of_seeds(config: SentimentConfig, name: str, seeds: tuple[int, ...]) -> Iterator[SentimentConfig]:
    attention, guide = name.split(":")
    model = dataclasses.replace(config.model, attention=attention, guide=float(guide))
    for seed in seeds:
        training = dataclasses.replace(config.training, seed=seed)
        yield dataclasses.replace(config, model=model, training=training)


def _measure(config: SentimentConfig, data: SentimentData, texts: int) -> Measured:
    """Train one model, or take it from its run, and measure it."""
    told_gold = data if config.model.guide else dataclasses.replace(data, gold=None)
    _, classifier, told = train_classifier(config, told_gold)
    numbers = {}
    for name, test in data.tests.items():
        look = looker(classifier.explain, test)
        noise = distractors(beside_the_point(test))
        crowded = [noise(text, 1.0, place).example for place, text in enumerate(test.text)]
        numbers |= {name: look(test.text)[0], f"{name}, distractors": look(crowded)[0]}
    first = next(iter(data.tests.values()))
    some = first.at(range(texts))
    maps = maps_of(classifier.explain, some.text)
    numbers |= {name: of(maps) for name, of in measures(classifier.signatures(), some).items()}
    numbers["words looked at"] = np.array([effective_keys(one[None])[0] for one in maps])
    look = looker(classifier.explain, some)
    stressed = {name: stress(look, some.text, noise) for name, noise in perturbations(first).items()}
    print(
        f"{config.model.attention}, guide {config.model.guide:g}, seed {config.training.seed}, "
        f"{told['seconds']:.0f} s: "
        + ", ".join(f"{name} {np.nanmean(values):.3f}" for name, values in numbers.items()),
        flush=True,
    )
    return Measured(numbers, maps, stressed)


def _quality(found: dict[str, list[Measured]]) -> str:
    rows = []
    for name in next(iter(found.values()))[0].numbers:
        cells = [[float(np.nanmean(one.numbers[name])) for one in seeds] for seeds in found.values()]
        rows.append([name, *(f"{np.mean(c):.3f} ({min(c):.3f} - {max(c):.3f})" for c in cells)])
    drift = [shown(interval(seed_drift([one.maps for one in seeds]))) for seeds in found.values()]
    return tabulate([*rows, ["drift between seeds", *drift]], ["", *map(_readable, found)], tablefmt="pipe")


def _under(noise: str, found: dict[str, list[Measured]]) -> str:
    rows = []
    for name, seeds in found.items():
        pairs = np.stack([np.asarray(part) for part in _curve(noise, seeds)], axis=1)
        rows.append([_readable(name), *(f"{quality:.3f} / {drift:.3f}" for quality, drift in pairs)])
    return tabulate(rows, ["", "0", *map(str, _doses(noise, found))], tablefmt="pipe")


def _curve(noise: str, seeds: list[Measured]) -> StressCurve:
    """The means of the seeds, at no noise and at each dose."""
    tables = [one.stressed[noise] for one in seeds]
    quality = [
        [table[0].quality.value + table[0].drop.value, *(r.quality.value for r in table)] for table in tables
    ]
    drift = [[0.0, *(row.drift.value for row in table)] for table in tables]
    return StressCurve(np.mean(quality, axis=0), np.mean(drift, axis=0))


def _doses(noise: str, found: dict[str, list[Measured]]) -> list[float]:
    return [row.dose for row in next(iter(found.values()))[0].stressed[noise]]


def _draw(noise: str, found: dict[str, list[Measured]], folder: Path) -> None:
    curves = {_readable(name): _curve(noise, seeds) for name, seeds in found.items()}
    figure = stress_figure(
        [0.0, *_doses(noise, found)], curves, disturbance=noise, drift="drift of attention"
    )
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{noise.replace(' ', '-')}.png")


def _readable(name: str) -> str:
    attention, guide = name.split(":")
    return attention if float(guide) == 0 else f"{attention}, guided"


def _gains(found: dict[str, list[Measured]]) -> str:
    rows = []
    guided = [name for name in found if not name.endswith(":0") and f"{name.split(':')[0]}:0" in found]
    for measure in next(iter(found.values()))[0].numbers:
        row = [measure]
        for name in guided:
            means = [
                np.mean([one.numbers[measure] for one in found[which]], axis=0)
                for which in (name, f"{name.split(':')[0]}:0")
            ]
            row.append(shown(interval(means[0] - means[1])))
        rows.append(row)
    return tabulate(rows, ["", *map(_readable, guided)], tablefmt="pipe")


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
