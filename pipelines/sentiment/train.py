"""Training and calibration of a classifier: model, batches, loss, n-gram logits, temperature."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ...datasets import LabelledText
from ..text.codec import PAD
from ..training.batching import TokenBatches
from ..training.losses import attention_loss, correct_tokens, total_cross_entropy
from ..training.run import fit, start_run
from ..training.trainer import Batch, Losses, Metrics
from ..training.warm_start import load_weights_from
from .calibration import fit_temperature
from .config import ModelConfig, SentimentConfig
from .data import SentimentData
from .evaluate import predict_probabilities
from .export import Classifier, build_classifier
from .model import build, load_ngram_table, with_attention_outputs, with_ngram_logits_input
from .networks.hashed_ngrams import ngram_ids
from .networks.sentences import sentence_ends
from .ngram_logits import cross_fit_ngram_logits, fit_ngram_logits, ngram_presence

MIN_CALIBRATION_TEXTS = 30
Predict = Callable[[Batch], dict[str, tf.Tensor]]


def train_classifier(config: SentimentConfig, data: SentimentData) -> tuple[keras.Model, Classifier, Metrics]:
    """Train and calibrate a model, or resume the interrupted run of the same configuration and data.

    Args:
        config: of data, model and training.
        data: from `prepare`.

    Returns:
        The model with its best weights, the calibrated classifier that shares them, and the metrics of
        training: best accuracy, steps, seconds, tokens, padding, parameters, epochs, and the temperature,
        which maximizes the likelihood of the validation labels; 1 for fewer than `MIN_CALIBRATION_TEXTS`.
    """
    training, validation = config.training, data.validation
    columns: dict[str, Any] = {"label": data.labels} | ({} if data.gold is None else {"gold": data.gold})
    folder = start_run(config, data.train | {name: [column] for name, column in columns.items()})
    end_ids = sentence_ends(data.codec.vocabulary)
    model = build(config.model, len(data.codec.vocabulary), len(data.classes), end_ids)
    load_weights_from(model, config.warm_start_from)
    if config.model.architecture == "pooling" and config.model.ngrams:
        tables, columns["fold"] = fit_ngrams(model, config.model, data, training.seed)
        predict = predict_with_ngram_logits(model, tables, config.model.ngrams)
    else:
        predict = predict_from_text(model)
    classifier = build_classifier(config, data.codec, model, data.classes)

    def validate() -> Metrics:
        predicted = predict_probabilities(classifier.serve, validation).argmax(axis=-1)
        return {"accuracy": 100 * float((predicted == validation.label).mean())}

    metrics = fit(
        folder,
        training,
        model,
        TokenBatches(data.train, training.batch_tokens, training.num_buckets, training.seed, columns),
        losses(predict, training.label_smoothing, config.model.attention_loss_weight),
        validate,
        monitor=["accuracy"],
    )
    temperature = _calibrate(classifier, validation)
    calibrated = build_classifier(config, data.codec, model, data.classes, temperature)
    return model, calibrated, metrics | {"temperature": temperature}


def _calibrate(classifier: Classifier, validation: LabelledText) -> float:
    """Return the temperature of the validation labels; 1 where they are too few, which fit any."""
    if len(validation) < MIN_CALIBRATION_TEXTS:
        print(
            f"warning: the probabilities are not calibrated: that needs {MIN_CALIBRATION_TEXTS} or more "
            f"validation texts, not {len(validation)}"
        )
        return 1.0
    return fit_temperature(predict_probabilities(classifier.serve, validation), validation.label)


def losses(
    predict: Predict, label_smoothing: float, attention_loss_weight: float = 0.0
) -> Callable[[Batch], Losses]:
    """Build the loss function of a batch: cross-entropy, and supervision of the attention with gold.

    Args:
        predict: from a batch to `logits` `(batch, classes)` and `attention` `(batch, T)`.
        label_smoothing: probability spread over all classes.
        attention_loss_weight: weight of the attention loss, for batches with `gold`.

    Returns:
        A function of a batch: `text` `(batch, T)`, `label` `(batch,)`, optionally `gold` `(batch, 1, K)`. It
        returns sums over the texts: `loss`, `accuracy` and `tokens`, scalars. A text counts as one token;
        rows of padding do not count.
    """

    def sums(batch: Batch) -> Losses:
        outputs = predict(batch)
        mask = tf.reduce_any(batch["text"] != PAD, axis=-1)
        loss = total_cross_entropy(outputs["logits"], batch["label"], mask, label_smoothing)
        if "gold" in batch:
            loss += attention_loss_weight * attention_loss(outputs["attention"][:, None], batch["gold"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(outputs["logits"], batch["label"], mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums


def predict_from_text(model: keras.Model) -> Predict:
    """Build the training predictions of a model from the `text` of a batch."""
    with_outputs = with_attention_outputs(model)
    return lambda batch: with_outputs(batch["text"], training=True)


def predict_with_ngram_logits(model: keras.Model, tables: npt.NDArray[np.float32], ngrams: int) -> Predict:
    """Build the training predictions of a model whose n-gram logits are cross-fitted.

    Args:
        model: a `pooling` model with n-grams.
        tables: `(folds, num_bins, classes)`, from `cross_fit_ngram_logits`.
        ngrams: maximum order of the n-grams.

    Returns:
        A function of a batch: `text` `(batch, T)` and `fold` `(batch,)`, the table of each text.
    """
    _, num_bins, num_classes = tables.shape
    rows = tf.Variable(tables.reshape(-1, num_classes), trainable=False)
    with_outputs = with_ngram_logits_input(model)

    def predict(batch: Batch) -> dict[str, tf.Tensor]:
        first_row = batch["fold"][:, None] * num_bins
        ids = ngram_ids(batch["text"], ngrams, num_bins)
        logits = sum(tf.gather(rows, first_row + bins) for bins in ids)
        return with_outputs([batch["text"], logits], training=True)

    return predict


def fit_ngrams(
    model: keras.Model, config: ModelConfig, data: SentimentData, seed: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Fit the n-gram table of a model on all training texts, and cross-fit the tables for training.

    Args:
        model: a `pooling` model with n-grams; its table is assigned.
        config: order and bins of the n-grams.
        data: from `prepare`.
        seed: of the folds.

    Returns:
        The tables `(folds, num_bins, classes)` and the fold of each text.
    """
    presence = ngram_presence(data.train["text"], config.ngrams, config.num_bins)
    num_classes = len(data.classes)
    load_ngram_table(model, fit_ngram_logits(presence, data.labels, num_classes))
    return cross_fit_ngram_logits(presence, data.labels, num_classes, seed)
