"""Is a classifier with sharper, or with guided, attention better? Several, over seeds.

`python benchmarks/attention_study/sentiment_attention.py`; all flags of the pipeline hold. `--models` are attentions, each
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

import numpy as np
import tyro

from foveal.benchmarks.attention_study.study import Measurements, print_tables
from foveal.focus import distractors, effective_keys, stress
from foveal.pipelines.sentiment.analysis.faithfulness import measures
from foveal.pipelines.sentiment.analysis.robustness import non_rationale_sentences, perturbations
from foveal.pipelines.sentiment.analysis.word_attention import quality_and_attention, word_attention_maps
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.export import Classifier
from foveal.pipelines.sentiment.train import train_classifier


def main(
    config: SentimentConfig,
    models: tuple[str, ...] = ("soft:0", "sparse:0", "hard:0", "adaptive:0", "soft:1", "adaptive:1"),
    seeds: tuple[int, ...] = (0, 1, 2),
    texts: int = 300,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data, guided=True)
    found = {
        _readable(name): [_train_and_measure(one, data, texts) for one in _of_seeds(config, name, seeds)]
        for name in models
    }
    guided = [(_readable(name), name.split(":")[0]) for name in models if not name.endswith(":0")]
    print_tables(found, [pair for pair in guided if pair[1] in found], "accuracy", figures)


def _of_seeds(config: SentimentConfig, name: str, seeds: tuple[int, ...]) -> Iterator[SentimentConfig]:
    attention, attention_loss_weight = name.split(":")
    model = dataclasses.replace(
        config.model, attention=attention, attention_loss_weight=float(attention_loss_weight)
    )
    for seed in seeds:
        training = dataclasses.replace(config.training, seed=seed)
        yield dataclasses.replace(config, model=model, training=training)


def _readable(name: str) -> str:
    attention, attention_loss_weight = name.split(":")
    return attention if float(attention_loss_weight) == 0 else f"{attention}, guided"


def _train_and_measure(config: SentimentConfig, data: SentimentData, texts: int) -> Measurements:
    told_gold = data if config.model.attention_loss_weight else dataclasses.replace(data, gold=None)
    _, classifier, told = train_classifier(config, told_gold)
    measured = measure(classifier, data, texts)
    model = (
        f"{config.model.attention}, guide {config.model.attention_loss_weight:g}, seed {config.training.seed}"
    )
    print(f"{model}, {told['seconds']:.0f} s: {measured}", flush=True)
    return measured


def measure(classifier: Classifier, data: SentimentData, texts: int) -> Measurements:
    """Measure a trained classifier; whether its labels rest on its attention, on so many texts."""
    numbers = {}
    for name, test in data.tests.items():
        look = quality_and_attention(classifier.explain, test)
        noise = distractors(non_rationale_sentences(test))
        crowded = [noise(text, 1.0, place).example for place, text in enumerate(test.text)]
        numbers |= {name: look(test.text)[0], f"{name}, distractors": look(crowded)[0]}
    first = next(iter(data.tests.values()))
    some = first.select(range(texts))
    maps = word_attention_maps(classifier.explain, some.text)
    numbers |= {name: of(maps) for name, of in measures(classifier.signatures(), some).items()}
    numbers["words looked at"] = np.array([effective_keys(one[None])[0] for one in maps])
    look = quality_and_attention(classifier.explain, some)
    robustness = {name: stress(look, some.text, noise) for name, noise in perturbations(first).items()}
    return Measurements(numbers, maps, robustness)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
