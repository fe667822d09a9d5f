"""Architectures and attentions of the sentiment pipeline side by side, on one set and the same pieces.

`python benchmarks/sentiment_architectures.py --architectures rnn --attentions soft adaptive --seeds 0 1 2`; all other flags
are those of the pipeline. A line for each model: the accuracy on each test split; on the first of them macro
F1, ROC AUC, calibration error and the mean gate; the minutes of training.
"""

import dataclasses
import tempfile
from pathlib import Path

import numpy as np
import tyro

from foveal.pipelines.saved_model.batched_calls import answers
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.evaluate import evaluate
from foveal.pipelines.sentiment.train import train_classifier


def main(
    config: SentimentConfig,
    architectures: tuple[str, ...] = ("pooling", "rnn", "transformer", "hierarchical"),
    attentions: tuple[str, ...] = ("soft", "hard", "adaptive"),
    seeds: tuple[int, ...] = (0,),
) -> None:
    data = prepare(config.data)
    for architecture in architectures:
        for attention in attentions:
            for seed in seeds:
                row(_set(config, architecture, attention, seed), data)


def row(config: SentimentConfig, data: SentimentData) -> None:
    """Train one model from the start, and print what it is worth."""
    with tempfile.TemporaryDirectory() as folder:
        config = dataclasses.replace(config, runs=Path(folder))
        _, classifier, told = train_classifier(config, data)
    tests = {name: evaluate(classifier.serve, test) for name, test in data.tests.items()}
    first = next(iter(tests))
    gates = answers(classifier.explain, data.tests[first].text, lambda told, _: told["gate"])
    print(
        f"{config.data.data}, {config.model.architecture}, {config.model.attention}, "
        f"seed {config.training.seed}: "
        + ", ".join(f"{name} {100 * test['accuracy']:.2f} %" for name, test in tests.items())
        + f"; macro F1 {tests[first]['macro_f1']:.4f}, ROC AUC {tests[first]['roc_auc']:.4f}, "
        f"calibration error {tests[first]['reliability'].error:.4f}, "
        f"gate {np.mean(gates):.2f}; "
        f"{told['seconds'] / 60:.1f} minutes, {told['parameters']:,} parameters",
        flush=True,
    )


def _set(config: SentimentConfig, architecture: str, attention: str, seed: int) -> SentimentConfig:
    model = dataclasses.replace(config.model, architecture=architecture, attention=attention)
    return dataclasses.replace(config, model=model, training=dataclasses.replace(config.training, seed=seed))


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
