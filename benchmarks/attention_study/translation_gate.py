"""Study of the gate of a translator, over seeds: supervision, prior, initialization, architecture.

`python benchmarks/attention_study/translation_gate.py`; all flags of the pipeline apply, for example
`--architecture rnn`. Each setting is trained with each seed and evaluated on both test splits: agreement of
the gate with gold (AUROC), alignment error rate, BLEU. Trained models are kept in `runs/` and are not trained
again.
"""

import dataclasses
import re
from typing import NamedTuple

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
import tensorflow as tf
import tyro

from foveal.benchmarks.attention_study.study import Measurements, print_tables
from foveal.benchmarks.configuration import with_settings
from foveal.datasets import ParallelText
from foveal.focus.plausibility import gate_auroc
from foveal.pipelines.evaluation.text_metrics import bleu
from foveal.pipelines.saved_model.batched_calls import Signature
from foveal.pipelines.text.codec import PAD
from foveal.pipelines.training.batching import TokenBatches
from foveal.pipelines.training.losses import FROM_SENTINEL, NO_GOLD, gate_loss
from foveal.pipelines.training.run import fit, start_run
from foveal.pipelines.training.trainer import Batch, Losses
from foveal.pipelines.translation.analysis.alignment import (
    align_translations,
    alignment_error,
    gated_texts,
)
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.data import TranslationData, gate_gold, prepare
from foveal.pipelines.translation.evaluate import validation_metrics
from foveal.pipelines.translation.export import Translator, build_translator
from foveal.pipelines.translation.model import build
from foveal.pipelines.translation.train import losses


class Setting(NamedTuple):
    """How the gate is trained.

    gate: whether there is one.
    weight: weight of its loss.
    is_prior: whether the gold is constant, the sentinel for every word.
    is_annealed: whether the weight decreases linearly to 0.
    sentinel_bias: initial bias inside the sigmoid of the sentinel, whose size it decides.
    """

    gate: bool = True
    weight: float = 0.0
    is_prior: bool = False
    is_annealed: bool = False
    sentinel_bias: float | None = None


SETTINGS = {
    "soft": Setting(gate=False),
    "unsupervised": Setting(),
    "prior .03": Setting(weight=0.03, is_prior=True),
    "prior .1": Setting(weight=0.1, is_prior=True),
    "large sentinel": Setting(sentinel_bias=4.0),
    "supervised": Setting(weight=0.3),
    "annealed": Setting(weight=0.3, is_annealed=True),
}


def main(
    config: TranslationConfig, seeds: tuple[int, ...] = (0, 1, 2), settings: tuple[str, ...] = tuple(SETTINGS)
) -> None:
    """Train and evaluate each setting with each seed, and print the means and ranges.

    Args:
        config: configuration of the pipeline.
        seeds: seeds of each setting.
        settings: names of settings.
    """
    data = prepare(config.data)
    results: dict[str, list[Measurements]] = {name: [] for name in settings}
    for seed in seeds:
        for name in settings:
            translator = train(name, with_settings(config, {}, {"seed": seed}), data)
            results[name].append(measure(translator, data))
            print(f"{name}, seed {seed}: {results[name][-1]}", flush=True)
    print_tables(results, [], "BLEU")


def train(name: str, config: TranslationConfig, data: TranslationData) -> Translator:
    """Train a translator with the setting of that name, or load it from its run."""
    setting = SETTINGS[name]
    config = with_settings(config, {"gate": setting.gate, "gate_loss_weight": setting.weight}, {})
    config = dataclasses.replace(config, runs=config.runs / name.replace(" ", "-"))
    gold = gate_gold(data.codec, data.train, data.train_text)
    folder = start_run(config, data.train | {"gate_gold": [gold]})
    network = build(config.model, len(data.codec.vocabulary))
    if setting.sentinel_bias is not None:
        set_sentinel_bias(network.model, setting.sentinel_bias)
    translator = build_translator(config, data.codec, network)
    training, columns = config.training, {"gate_gold": gold} if setting.weight else {}
    fit(
        folder,
        training,
        network.model,
        TokenBatches(data.train, training.batch_tokens, training.num_buckets, training.seed, columns),
        _Losses(network.model, config, setting),
        validate=lambda: validation_metrics(translator.fast, data.validation, config.data.bleu_tokenizer),
        monitor=["bleu", "chrf"],
    )
    return translator


class _Losses:
    """Loss function of a batch, see `Setting`."""

    def __init__(self, model: keras.Model, config: TranslationConfig, setting: Setting):
        self.model, self.setting = model, setting
        self.cross_entropy = losses(model, config.training.label_smoothing)
        self.steps = config.training.steps
        self.step = tf.Variable(0.0, trainable=False)

    def __call__(self, batch: Batch) -> Losses:
        pairs = {side: batch[side] for side in ("source", "target")}
        sums = self.cross_entropy(pairs)
        if "gate_gold" not in batch:
            return sums
        target = pairs["target"]
        is_constant = self.setting.is_prior
        gold = tf.where(target[:, 1:] != PAD, FROM_SENTINEL, NO_GOLD) if is_constant else batch["gate_gold"]
        weight = self.setting.weight
        if self.setting.is_annealed:
            weight *= tf.maximum(1.0 - self.step.assign_add(1.0) / self.steps, 0.0)
        outputs = self.model(pairs | {"target": target[:, :-1]}, training=True)
        return sums | {"loss": sums["loss"] + weight * gate_loss(outputs["gate"], gold)}


def set_sentinel_bias(model: keras.Model, value: float) -> None:
    """Set the biases inside the sigmoids of the sentinels of a Transformer."""
    biases = [weight for weight in model.weights if re.search("stream_sentinel.*/gate/bias", weight.path)]
    if not biases:
        raise ValueError(
            "`sentinel_bias` needs sentinels with a bias, those of a Transformer. Received: a model without; "
            "leave out the setting `large sentinel`"
        )
    for bias in biases:
        bias.assign(np.full(bias.shape, value))


def measure(translator: Translator, data: TranslationData) -> Measurements:
    """Measure agreement of the gate, alignment error and BLEU on both test splits."""
    explain = translator.signatures()["explain"]
    numbers = {}
    for name, test in data.tests.items():
        numbers |= {f"{name}, {measure}": value for measure, value in _measure_split(explain, test).items()}
    return Measurements(numbers, [], {})


def _measure_split(explain: Signature, test: ParallelText) -> dict[str, np.ndarray]:
    translations = align_translations(explain, test)
    texts = gated_texts(translations, test)
    error, _ = alignment_error(translations, test.alignment or ())
    hypotheses = [translation.translation for translation in translations]
    values = {
        "AUROC": gate_auroc(texts) if texts else np.nan,
        "mean gate": np.mean(np.concatenate([text.gate for text in texts])) if texts else np.nan,
        "alignment error rate": np.nan if error is None else error.error_rate,
        "BLEU": bleu(hypotheses, test.target).value,
    }
    return {name: np.array([value]) for name, value in values.items()}


if __name__ == "__main__":
    tyro.cli(main, config=(tyro.conf.OmitArgPrefixes,))
