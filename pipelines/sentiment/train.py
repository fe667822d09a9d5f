"""Prepared data in, trained and calibrated classifier out."""

from collections.abc import Callable
from functools import partial
from typing import Any

import keras
import tensorflow as tf

from ...focus.recording.hooks import changed
from ..text.codec import PAD
from ..training.batching import TokenBatches
from ..training.losses import attention_loss, correct_tokens, total_cross_entropy
from ..training.run import fit, start_run
from ..training.trainer import Batch, Losses, Metrics
from ..training.warm_start import load_weights_from
from .calibration import fit_temperature
from .config import SentimentConfig
from .data import SentimentData
from .evaluate import predict_probabilities
from .export import Classifier
from .model import build, load_ngram_table, ngram_ids, watch
from .networks.sentences import sentence_ends
from .ngram_logits import crossed_evidence, evidence, ngram_presence


def train_classifier(config: SentimentConfig, data: SentimentData) -> tuple[keras.Model, Classifier, Metrics]:
    """Train a model on `data`, or finish the run that was interrupted; then calibrate it.

    Returns:
        The model with its best weights, the classifier that shares them, and what training took:
        steps, seconds, padding; and the temperature, which makes the validation labels likeliest.
    """
    training, validation = config.training, data.validation
    columns: dict[str, Any] = {"label": data.labels} | ({} if data.gold is None else {"gold": data.gold})
    folder = start_run(config, data.train | {name: [column] for name, column in columns.items()})
    ends = sentence_ends(data.codec.vocabulary)
    model = build(config.model, len(data.codec.vocabulary), len(data.classes), ends)
    load_weights_from(model, config.warm_start_from)
    classify = partial(_classify, watch(model))
    if config.model.architecture == "pooling" and config.model.ngrams:
        classify, columns["fold"] = _hear_ngrams(model, config, data)
    classifier = Classifier(data.codec, model, config, data.classes)

    def right() -> float:
        return float(
            (predict_probabilities(classifier.serve, validation).argmax(-1) == validation.label).mean()
        )

    told = fit(
        folder,
        training,
        model,
        TokenBatches(data.train, training.batch_tokens, training.num_buckets, training.seed, columns),
        losses(classify, training.label_smoothing, config.model.attention_loss_weight),
        validate=lambda: {"accuracy": 100 * right()},
        metric="accuracy",
    )
    temperature = fit_temperature(predict_probabilities(classifier.serve, validation), validation.label)
    calibrated = Classifier(data.codec, model, config, data.classes, temperature)
    return model, calibrated, told | {"temperature": temperature}


def losses(
    classify: Callable[[Batch], dict], smoothing: float, attention_loss_weight: float = 0.0
) -> Callable[[Batch], Losses]:
    """Sums over the texts of a batch, each of which counts as one token; empty rows do not.

    Args:
        classify: from a batch to `logits` and `attention`, see `watch`.
        smoothing: of the labels.
        attention_loss_weight: how much it counts that attention is on `gold`, where a batch has it.
    """

    def sums(batch: Batch) -> Losses:
        told = classify(batch)
        mask = tf.reduce_any(batch["text"] != PAD, axis=-1)
        loss = total_cross_entropy(told["logits"], batch["label"], mask, smoothing)
        if "gold" in batch:
            loss += attention_loss_weight * attention_loss(told["attention"][:, None], batch["gold"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(told["logits"], batch["label"], mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums


def _classify(watched: keras.Model, batch: Batch) -> dict:
    return watched(batch["text"], training=True)


def _hear_ngrams(model: keras.Model, config: SentimentConfig, data: SentimentData) -> tuple[Callable, Any]:
    """Prime the model with the evidence of runs; for training, the logits of a batch when each text hears
    evidence that was learned without it, and the fold of each text."""
    settings, classes = config.model, len(data.classes)
    present = ngram_presence(data.train["text"], settings.ngrams, settings.num_bins)
    load_ngram_table(model, evidence(present, data.labels, classes))
    tables, folds = crossed_evidence(present, data.labels, classes, config.training.seed)
    layer = model.get_layer("ngram_evidence")
    watched, rows = watch(model), tf.Variable(tables.reshape(-1, classes), trainable=False)

    def classify(batch: Batch) -> dict:
        first = batch["fold"][:, None] * settings.num_bins
        heard = sum(tf.gather(rows, first + run) for run in ngram_ids(batch["text"], settings))
        with changed([(layer, {"call": lambda inputs: heard})]):
            return watched(batch["text"], training=True)

    return classify, folds
