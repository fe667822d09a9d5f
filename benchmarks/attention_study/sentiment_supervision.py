"""Is a trained classifier better for being told where to look? Tuned to gold rationales, over seeds.

`python benchmarks/attention_study/sentiment_supervision.py`; all flags of the pipeline hold. Before, after some more updates, and
after as many with gold: what `focus_of_sentiment.py` measures, and what is gained, with intervals. A trained
model is kept in `runs/`, and not trained twice.
"""

import dataclasses
from functools import partial
from pathlib import Path

import tyro

from foveal.benchmarks.attention_study.sentiment_attention import measure
from foveal.benchmarks.attention_study.study import FineTuning, Measurements, Trained, compare_fine_tuning
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.train import train_classifier

TUNING = FineTuning(updates=400)


def main(
    config: SentimentConfig,
    tuning: FineTuning = TUNING,
    seeds: tuple[int, ...] = (0, 1, 2),
    texts: int = 300,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data, guided=True)

    def measured(trained: Trained) -> Measurements:
        return measure(trained.module, data, texts)

    compare_fine_tuning(config, tuning, seeds, partial(_train, data), measured, "accuracy", figures)


def _train(data: SentimentData, config: SentimentConfig) -> Trained:
    told_gold = data if config.model.attention_loss_weight else dataclasses.replace(data, gold=None)
    model, classifier, _ = train_classifier(config, told_gold)
    return Trained(model, classifier)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
