"""Study of sparse, hard, adaptive and supervised attention of the sentiment classifier, over seeds.

`python benchmarks/attention_study/sentiment_attention.py`; all flags of the pipeline apply. `--models` are
attentions, each with the weight of its supervision by gold rationales: `soft:0 adaptive:1`. Printed for
each model: accuracy on both test splits, and with as many words of distractors as a text has; plausibility
(average precision, share of attention on the rationales); faithfulness (ERASER's comprehensiveness and
sufficiency, Kendall's tau with leave-one-out); the effective number of attended words; accuracy and
divergence of attention under growing noise, with the divergence between seeds, optionally as figures; and
the improvements by supervision, with intervals. Trained models are kept in `runs/` and are not trained
again.
"""

from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tyro

from foveal.benchmarks.attention_study.study import Measurements, print_tables, without_unused_gold
from foveal.benchmarks.configuration import with_settings
from foveal.focus import baseline_maps, distractors, effective_keys, measure_robustness
from foveal.pipelines.sentiment.analysis.faithfulness import faithfulness_and_plausibility_measures
from foveal.pipelines.sentiment.analysis.plausibility import (
    BASELINES,
    plausibility_measures,
    rationale_words,
)
from foveal.pipelines.sentiment.analysis.robustness import default_perturbations, non_rationale_sentences
from foveal.pipelines.sentiment.analysis.word_attention import quality_and_attention, word_attention_maps
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import SentimentData, prepare
from foveal.pipelines.sentiment.export import Classifier
from foveal.pipelines.sentiment.train import train_classifier


def main(
    config: SentimentConfig,
    models: tuple[str, ...] = ("soft:0", "sparse:0", "hard:0", "adaptive:0", "soft:1", "adaptive:1"),
    seeds: tuple[int, ...] = (0, 1, 2),
    num_examples: int = 300,
    figures: Path | None = None,
) -> None:
    data = prepare(config.data, with_gold_attention=True)
    results, pairs = {}, []
    for attention, weight in map(parse_model, models):
        name = f"{attention}, supervised" if weight else attention
        fields = {"attention": attention, "attention_loss_weight": weight}
        configs = [with_settings(config, fields, {"seed": seed}) for seed in seeds]
        results[name] = [train_and_measure(variant, data, num_examples) for variant in configs]
        if weight:
            pairs.append((name, attention))
    print_tables(results, [pair for pair in pairs if pair[1] in results], "accuracy", figures)


def parse_model(model: str) -> tuple[str, float]:
    """Split a model of the command line into its attention and the weight of its supervision.

    Example:
        >>> parse_model("adaptive:1")
        ('adaptive', 1.0)
    """
    attention, attention_loss_weight = model.split(":")
    return attention, float(attention_loss_weight)


def train_and_measure(config: SentimentConfig, data: SentimentData, num_examples: int) -> Measurements:
    """Train a classifier, or load it from its run, and measure it."""
    attention, weight = config.model.attention, config.model.attention_loss_weight
    _, classifier, metrics = train_classifier(config, without_unused_gold(data, weight))
    measurements = measure_classifier(classifier, data, num_examples, num_examples)
    model = f"{attention}, attention_loss_weight {weight:g}, seed {config.training.seed}"
    print(f"{model}, {metrics['seconds']:.0f} s: {measurements}", flush=True)
    return measurements


def measure_classifier(
    classifier: Classifier, data: SentimentData, num_examples: int, num_perturbed: int
) -> Measurements:
    """Measure quality, plausibility, faithfulness and robustness of a classifier.

    Args:
        classifier: a trained classifier.
        data: of the pipeline; all texts of the test splits are classified.
        num_examples: number of texts for plausibility and faithfulness.
        num_perturbed: number of texts for robustness.
    """
    numbers = {}
    for name, test in data.tests.items():
        evaluate = quality_and_attention(classifier.explain, test)
        perturb = distractors(non_rationale_sentences(test))
        perturbed = [perturb(text, 1.0, seed).example for seed, text in enumerate(test.text)]
        numbers |= {name: evaluate(test.text)[0], f"{name}, distractors": evaluate(perturbed)[0]}
    first = next(iter(data.tests.values()))
    test = first.select(range(num_examples))
    maps = word_attention_maps(classifier.explain, test.text)
    measures = faithfulness_and_plausibility_measures(classifier.signatures(), test)
    numbers |= {name: compute(maps) for name, compute in measures.items()}
    gold = rationale_words(test)
    for baseline, weights in baseline_maps(maps, BASELINES).items():
        for name, compute in plausibility_measures(gold).items() if gold else ():
            numbers[f"{name}, {baseline} weights"] = compute(weights)
    numbers["effective words"] = np.array([effective_keys(weights[None])[0] for weights in maps])
    test = first.select(range(num_perturbed))
    evaluate = quality_and_attention(classifier.explain, test)
    robustness = {
        name: measure_robustness(evaluate, test.text, perturbation)
        for name, perturbation in default_perturbations(first).items()
    }
    return Measurements(numbers, maps, robustness)


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
