"""Prepared data in, trained model out."""

import keras
import tensorflow as tf

from ..text.codec import PAD
from ..training.batching import TokenBatches
from ..training.losses import attention_loss, correct_tokens, total_cross_entropy
from ..training.run import fit, start_run
from ..training.trainer import Metrics
from ..training.warm_start import load_weights_from
from .config import TranslationConfig
from .data import TranslationData
from .evaluate import signature_bleu
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
    folder = start_run(config, data.train | {name: [column] for name, column in columns.items()})
    model = build(config.model, len(data.codec.vocabulary))
    load_weights_from(model, config.warm_start_from)
    translator = Translator(data.codec, model, config)
    told = fit(
        folder,
        training,
        model,
        TokenBatches(data.train, training.batch_tokens, training.num_buckets, training.seed, columns),
        losses(model, config),
        validate=lambda: {"bleu": signature_bleu(translator.fast, data.validation)},
        metric="bleu",
    )
    return model, translator, told


def losses(model: keras.Model, config: TranslationConfig):
    """The loss of a batch: `source`, `target`, and `gold` where attention is guided."""

    def sums(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        seen, labels = batch["target"][:, :-1], batch["target"][:, 1:]
        told = model({"source": batch["source"], "target": seen}, training=True)
        mask = labels != PAD
        loss = total_cross_entropy(told["logits"], labels, mask, config.training.label_smoothing)
        if "gold" in batch:
            loss += config.model.attention_loss_weight * attention_loss(told["attention"], batch["gold"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(told["logits"], labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums
