"""Accuracy, calibration and training time of the sentiment pipeline, by architecture and attention.

`python benchmarks/sentiment_architectures.py --architectures rnn --attentions soft adaptive --seeds 0 1 2`;
all other flags are those of the pipeline. All models use the same tokens. Each prints one line: the accuracy
on every test split; on the first split macro F1, ROC AUC, calibration error and the mean gate; the minutes
of training.
"""

import dataclasses
import tempfile
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro

from foveal.benchmarks.configuration import with_settings
from foveal.pipelines.saved_model.batched_calls import map_signature
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
                model = {"architecture": architecture, "attention": attention}
                print_row(with_settings(config, model, {"seed": seed}), data)


def print_row(config: SentimentConfig, data: SentimentData) -> None:
    """Train one model from its initial weights, evaluate it and print a line."""
    with tempfile.TemporaryDirectory() as folder:
        config = dataclasses.replace(config, runs=Path(folder))
        _, classifier, metrics = train_classifier(config, data)
    tests = {name: evaluate(classifier.serve, test) for name, test in data.tests.items()}
    first = next(iter(tests))
    gates = map_signature(classifier.explain, data.tests[first].text, lambda outputs, _: outputs["gate"])
    print(
        f"{config.data.data}, {config.model.architecture}, {config.model.attention}, "
        f"seed {config.training.seed}: "
        + ", ".join(f"{name} {100 * test['accuracy']:.2f} %" for name, test in tests.items())
        + f"; macro F1 {tests[first]['macro_f1']:.4f}, ROC AUC {tests[first]['roc_auc']:.4f}, "
        f"calibration error {tests[first]['reliability'].error:.4f}, "
        f"gate {np.mean(gates):.2f}; "
        f"{metrics['seconds'] / 60:.1f} minutes, {metrics['parameters']:,} parameters",
        flush=True,
    )


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
