"""Prepared data in, trained model out."""

import hashlib
from pathlib import Path

import keras
import tensorflow as tf

from ..batching import TokenBatches
from ..exporting import to_json
from ..losses import correct_tokens, smoothed_cross_entropy
from ..progress import ProgressLine, Summaries
from ..text import PAD
from ..training import Metrics, Training, train
from .config import TranslationConfig
from .data import TranslationData
from .evaluate import bleu_of
from .export import Translator
from .model import build


def run_folder(config: TranslationConfig) -> Path:
    """The folder of this configuration's run: the same settings go on, others start afresh."""
    parts = (config.data, config.model, config.training)
    digest = hashlib.sha256(to_json(parts).encode()).hexdigest()[:8]
    name = f"{config.data.data.replace('/', '-')}-{config.model.architecture}-{digest}"
    return config.runs / Path(name).name


def train_translator(
    config: TranslationConfig, data: TranslationData
) -> tuple[keras.Model, Translator, Metrics]:
    """Train a model on `data`, or finish the run that was interrupted.

    Returns:
        The model with its best weights, the translator that shares them, and what training took:
        steps, seconds, tokens, padding.
    """
    keras.utils.set_random_seed(config.training.seed)
    if config.training.mixed_precision:
        keras.config.set_dtype_policy("mixed_bfloat16")
    folder = run_folder(config)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(to_json(config), encoding="utf-8")
    model = build(config.model, len(data.codec.vocabulary))
    batches = TokenBatches(
        data.train,
        config.training.batch_tokens,
        config.training.shapes,
        config.training.seed,
    )
    training = Training(model, losses(model, config), config.training, folder / "checkpoints")
    translator = Translator(data.codec, model, config)
    told = train(
        training,
        batches,
        validate=lambda: {"bleu": bleu_of(translator.fast, data.validation)},
        metric="bleu",
        callbacks=[ProgressLine(config.training.steps), Summaries(folder / "tensorboard")],
    )
    told |= {"padding": round(batches.padding, 4), "parameters": model.count_params()}
    told["epochs"] = round(told["steps"] * config.training.accumulate / batches.steps_per_epoch, 1)
    return model, translator, told


def losses(model: keras.Model, config: TranslationConfig):
    def sums(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        seen, labels = batch["target"][:, :-1], batch["target"][:, 1:]
        logits = model({"source": batch["source"], "target": seen}, training=True)
        mask = labels != PAD
        return {
            "loss": smoothed_cross_entropy(logits, labels, mask, config.training.label_smoothing),
            "accuracy": correct_tokens(logits, labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums
