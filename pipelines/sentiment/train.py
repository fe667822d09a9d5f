"""Prepared data in, trained and calibrated classifier out."""

import keras
import tensorflow as tf

from ..batching import TokenBatches
from ..losses import correct_tokens, smoothed_cross_entropy
from ..running import begin, fit
from ..text import PAD
from ..training import Batch, Losses, Metrics
from .calibration import fit_temperature
from .config import SentimentConfig
from .data import SentimentData
from .evaluate import probabilities_of
from .export import Classifier
from .model import build, prime
from .naive_bayes import log_ratios
from .sentences import sentence_ends


def train_classifier(config: SentimentConfig, data: SentimentData) -> tuple[keras.Model, Classifier, Metrics]:
    """Train a model on `data`, or finish the run that was interrupted; then calibrate it.

    Returns:
        The model with its best weights, the classifier that shares them, and what training took:
        steps, seconds, padding; and the temperature, which makes the validation labels likeliest.
    """
    training, validation = config.training, data.validation
    folder = begin(config)
    ends = sentence_ends(data.codec.vocabulary)
    model = build(config.model, len(data.codec.vocabulary), len(data.classes), ends)
    if config.model.architecture == "pooling" and config.model.ngrams:
        sizes = len(data.classes), config.model.ngrams, config.model.buckets
        prime(model, log_ratios(data.train["text"], data.labels, *sizes))
    classifier = Classifier(data.codec, model, config, data.classes)

    def right() -> float:
        return float((probabilities_of(classifier.serve, validation).argmax(-1) == validation.label).mean())

    told = fit(
        folder,
        training,
        model,
        TokenBatches(
            data.train, training.batch_tokens, training.shapes, training.seed, {"label": data.labels}
        ),
        losses(model, training.label_smoothing),
        validate=lambda: {"accuracy": 100 * right()},
        metric="accuracy",
    )
    temperature = fit_temperature(probabilities_of(classifier.serve, validation), validation.label)
    calibrated = Classifier(data.codec, model, config, data.classes, temperature)
    return model, calibrated, told | {"temperature": temperature}


def losses(model: keras.Model, smoothing: float):
    """Sums over the texts of a batch, each of which counts as one token; empty rows do not."""

    def sums(batch: Batch) -> Losses:
        logits = model(batch["text"], training=True)
        mask = tf.reduce_any(batch["text"] != PAD, axis=-1)
        return {
            "loss": smoothed_cross_entropy(logits, batch["label"], mask, smoothing),
            "accuracy": correct_tokens(logits, batch["label"], mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums
