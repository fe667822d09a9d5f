"""Prepared data in, trained model out."""

import keras
import tensorflow as tf

from ..batching import TokenBatches
from ..losses import correct_tokens, guiding_loss, smoothed_cross_entropy
from ..running import begin, fit
from ..starting import take_weights
from ..text import PAD
from ..training import Metrics
from .config import TranslationConfig
from .data import TranslationData
from .evaluate import bleu_of
from .export import Translator
from .model import build


def train_translator(
    config: TranslationConfig, data: TranslationData
) -> tuple[keras.Model, Translator, Metrics]:
    """Train a model on `data`, or finish the run that was interrupted.

    Returns:
        The model with its best weights, the translator that shares them, and what training took:
        steps, seconds, tokens, padding.
    """
    training = config.training
    columns = {} if data.gold is None else {"gold": data.gold}
    folder = begin(config, data.train | {name: [column] for name, column in columns.items()})
    model = build(config.model, len(data.codec.vocabulary))
    take_weights(model, config.start)
    translator = Translator(data.codec, model, config)
    told = fit(
        folder,
        training,
        model,
        TokenBatches(data.train, training.batch_tokens, training.shapes, training.seed, columns),
        losses(model, config),
        validate=lambda: {"bleu": bleu_of(translator.fast, data.validation)},
        metric="bleu",
    )
    return model, translator, told


def losses(model: keras.Model, config: TranslationConfig):
    """The loss of a batch: `source`, `target`, and `gold` where attention is guided."""

    def sums(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        seen, labels = batch["target"][:, :-1], batch["target"][:, 1:]
        told = model({"source": batch["source"], "target": seen}, training=True)
        mask = labels != PAD
        loss = smoothed_cross_entropy(told["logits"], labels, mask, config.training.label_smoothing)
        if "gold" in batch:
            loss += config.model.guide * guiding_loss(told["attention"], batch["gold"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(told["logits"], labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums
