"""Training of a translator: model, batches, loss, and validation by BLEU and chrF."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

from ..evaluation.text_metrics import require_tokenizer
from ..text.codec import PAD
from ..training.batching import TokenBatches
from ..training.losses import attention_loss, correct_tokens, gate_loss, total_cross_entropy
from ..training.run import fit, start_run
from ..training.trainer import Batch, Losses, Metrics
from ..training.warm_start import load_weights_from
from .config import ModelConfig, TranslationConfig
from .data import TranslationData, encode_pairs, gate_gold
from .evaluate import validation_metrics
from .export import Translator, build_translator
from .lexical_shortlist import LexicalShortlist, learn_shortlist
from .model import build

GATE_LOSS_WEIGHT = 0.3  # with gold alignments


def train_translator(
    config: TranslationConfig, data: TranslationData
) -> tuple[keras.Model, Translator, Metrics]:
    """Train a model, or resume the interrupted run of the same configuration and data.

    Args:
        config: of data, model, training and decoding.
        data: from `prepare`.

    Returns:
        The model with its best weights, the translator that shares them, and the metrics of training:
        best BLEU and chrF, steps, seconds, tokens, padding, parameters, epochs.

    Raises:
        ValueError: if the gate is to be supervised, and the model has none or the data no alignments; or the
            size of the shortlist is negative.
    """
    require_tokenizer(config.data.bleu_tokenizer)
    config = dataclasses.replace(config, model=resolve_gate_loss_weight(config.model, data))
    training = config.training
    shortlist = _learn_shortlist(config.decoding.shortlist_size, data)
    columns: dict[str, np.ndarray] = {} if data.gold is None else {"gold": data.gold}
    if config.model.gate_loss_weight:
        columns["gate_gold"] = gate_gold(data.codec, data.train, data.train_text)
    folder = start_run(config, data.train | {name: [column] for name, column in columns.items()})
    network = build(config.model, len(data.codec.vocabulary))
    load_weights_from(network.model, config.warm_start_from)
    translator = build_translator(config, data.codec, network, shortlist)
    metrics = fit(
        folder,
        training,
        network.model,
        TokenBatches(data.train, training.batch_tokens, training.num_buckets, training.seed, columns),
        losses(
            network.model,
            training.label_smoothing,
            config.model.attention_loss_weight,
            config.model.gate_loss_weight or 0.0,
        ),
        validate=lambda: validation_metrics(translator.fast, data.validation, config.data.bleu_tokenizer),
        monitor=["bleu", "chrf"],
    )
    return network.model, translator, metrics


def _learn_shortlist(size: int, data: TranslationData) -> LexicalShortlist | None:
    if size == 0:
        return None
    shortlist = learn_shortlist(data.train, len(data.codec.vocabulary), size)
    coverage = shortlist.coverage(encode_pairs(data.codec, data.validation))
    print(
        f"shortlist: {size} translations of each source token; {coverage:.1%} of the tokens of the "
        "validation references are candidates"
    )
    return shortlist


def resolve_gate_loss_weight(config: ModelConfig, data: TranslationData) -> ModelConfig:
    """Replace a `gate_loss_weight` of None: the default with a gate and gold alignments, else 0.

    Raises:
        ValueError: if the weight is negative; or positive, and the model has no gate.
    """
    weight = config.gate_loss_weight
    if weight is not None and weight < 0:
        raise ValueError(
            f"`gate_loss_weight` must be 0 (none) or positive. Received: gate_loss_weight={weight:g}"
        )
    if weight and not config.gate:
        raise ValueError(
            "`gate_loss_weight` must be 0 without a gate (`--gate`). "
            f"Received: gate_loss_weight={weight:g}, gate=False"
        )
    if weight is None:
        weight = GATE_LOSS_WEIGHT if config.gate and data.train_text.alignment is not None else 0.0
    return dataclasses.replace(config, gate_loss_weight=weight)


def losses(
    model: keras.Model,
    label_smoothing: float,
    attention_loss_weight: float = 0.0,
    gate_loss_weight: float = 0.0,
) -> Callable[[Batch], Losses]:
    """Build the loss function of a batch: cross-entropy, and supervision of attention and gate with gold.

    Args:
        model: of a network from `build`.
        label_smoothing: probability spread over all tokens.
        attention_loss_weight: weight of the attention loss, for batches with `gold`.
        gate_loss_weight: weight of the gate loss, for batches with `gate_gold`.

    Returns:
        A function of a batch: `source` `(batch, S)`, `target` `(batch, T)`, optionally `gold`
        `(batch, Q, K)` and `gate_gold` `(batch, Q)`. It returns sums over the target tokens: `loss`,
        `accuracy` and `tokens`, scalars.
    """

    def sums(batch: Batch) -> Losses:
        target, labels = batch["target"][:, :-1], batch["target"][:, 1:]
        outputs = model({"source": batch["source"], "target": target}, training=True)
        mask = labels != PAD
        loss = total_cross_entropy(outputs["logits"], labels, mask, label_smoothing)
        if "gold" in batch:
            loss += attention_loss_weight * attention_loss(outputs["attention"], batch["gold"])
        if "gate_gold" in batch:
            loss += gate_loss_weight * gate_loss(outputs["gate"], batch["gate_gold"])
        return {
            "loss": loss,
            "accuracy": correct_tokens(outputs["logits"], labels, mask),
            "tokens": tf.reduce_sum(tf.cast(mask, tf.float32)),
        }

    return sums
