"""Study of fine-tuning a sentiment classifier with gold rationales, over seeds.

`python benchmarks/attention_study/sentiment_supervision.py`; all flags of the pipeline apply. A trained
model is compared before fine-tuning, after fine-tuning without gold, and after as many updates with gold, by
the measurements of `sentiment_attention.py`, and the improvements with intervals. Trained models are kept in
`runs/` and are not trained again.
"""

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import tyro

from foveal.benchmarks.attention_study.sentiment_attention import measure_classifier
from foveal.benchmarks.attention_study.study import (
    FineTuningStudy,
    Measurements,
    Trained,
    compare_fine_tuning,
    without_unused_gold,
)
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.train import train_classifier

STUDY = FineTuningStudy(fine_tuning_steps=400, num_examples=300, num_perturbed=300)


def main(config: SentimentConfig, study: FineTuningStudy = STUDY) -> None:
    data = prepare(config.data, with_gold_attention=True)
    compare_fine_tuning(config, study, data, train, measure, "accuracy")


def train(config: SentimentConfig, data: SentimentData) -> Trained:
    """Train a classifier, or load it from its run."""
    data = without_unused_gold(data, config.model.attention_loss_weight)
    model, classifier, _ = train_classifier(config, data)
    return Trained(model, classifier)


def measure(trained: Trained, data: SentimentData, study: FineTuningStudy) -> Measurements:
    """Measure quality, plausibility, faithfulness and robustness of a classifier."""
    return measure_classifier(trained.module, data, study.num_examples, study.num_perturbed)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
