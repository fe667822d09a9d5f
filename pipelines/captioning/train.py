"""Training of the captioner: object detection, cross-entropy on captions, self-critical training."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..training.batching import TokenBatches
from ..training.run import fit, start_run
from ..training.trainer import Metrics, TrainingConfig
from ..training.warm_start import load_weights_from
from .caption_truth import caption_truth, has_scene_objects
from .columns import image_features, training_columns
from .config import CaptioningConfig
from .data import CaptioningData
from .export import Captioner, build_captioner
from .feature_cache import fingerprint
from .metrics import corpus_chrf, corpus_cider
from .model import CaptioningNetwork, build
from .objectives.caption_reward import caption_reward, total_reward
from .objectives.losses import build_losses
from .objectives.self_critical import build_self_critical_losses
from .objectives.supervision import resolve_supervision
from .train_encoder import freeze_encoder, train_encoder

BATCH_SIZE = 64
SELF_CRITICAL_BATCH_TOKENS = 350  # one caption per image: 10 or 14 images per update

Validate = Callable[[], Metrics]


def train_captioner(
    config: CaptioningConfig, data: CaptioningData
) -> tuple[CaptioningNetwork, Captioner, Metrics]:
    """Train a model on `data`, or finish an interrupted run.

    Returns:
        The network with its best weights, the captioner that shares them, and the metrics of training.

    Raises:
        ValueError: if the data lack the gold of a loss, see `resolve_supervision`.
    """
    model = resolve_supervision(config.model, data.train, config.training.steps)
    config = dataclasses.replace(config, model=model)
    captions = data.caption_columns(config.data.captions_per_image)
    images = np.frombuffer(fingerprint(data.train).encode(), np.uint8)
    folder = start_run(config, captions | {"image_index": [data.image_indices()], "images": [images]})
    network = build(config.model, config.data.image_size, len(data.codec.vocabulary))
    load_weights_from(network.model, config.warm_start_from)
    metrics, features = {}, config.runs / "features"
    if config.model.object_steps:
        encoder_metrics = train_encoder(config, network, data, folder)
        metrics = {f"encoder_{key}": value for key, value in encoder_metrics.items()}
        network, features = freeze_encoder(network), folder / "features"
    captioner = build_captioner(config, data.codec, network)
    validate, monitor = _build_validation(config, data, network, captioner, features)
    columns = training_columns(config, network, data, features)
    metrics |= _train_on_captions(config, data, network, columns, folder, validate, monitor)
    if config.self_critical_steps:
        before = network.model.get_weights()
        after = _train_self_critical(config, data, network, columns, folder, validate, monitor)
        if _best_metrics(after, monitor) < _best_metrics(metrics, monitor):
            network.model.set_weights(before)
        metrics |= {f"self_critical_{key}": value for key, value in after.items()}
    return network, captioner, metrics


def _build_validation(
    config: CaptioningConfig,
    data: CaptioningData,
    network: CaptioningNetwork,
    captioner: Captioner,
    folder: Path,
) -> tuple[Validate, list[str]]:
    """Build the validation function, and name the metrics that select the model.

    CIDEr-D, or for `scenes` the reward of self-critical training; chrF breaks ties.
    """
    features = image_features(config, network, data.validation, "validation", folder)
    is_judged = has_scene_objects(data.validation.objects)
    reward = caption_reward(data.validation)

    def validate() -> Metrics:
        texts = []
        for start in range(0, len(features), BATCH_SIZE):
            texts += captioner.describe(features[start : start + BATCH_SIZE])
        references = data.validation.references
        metrics = {"cider": corpus_cider(texts, references), "chrf": corpus_chrf(texts, references)}
        if is_judged:
            metrics |= caption_truth(texts, data.validation.objects or [])
            metrics["reward"] = float(total_reward(reward(texts, range(len(texts)))).mean())
        return metrics

    return validate, ["reward" if is_judged else "cider", "chrf"]


def _best_metrics(metrics: Metrics, monitor: Sequence[str]) -> list[float]:
    """Return the metrics of the best weights, in the order of comparison."""
    return [metrics[f"best_{name}"] for name in monitor]


def _train_on_captions(
    config: CaptioningConfig,
    data: CaptioningData,
    network: CaptioningNetwork,
    columns: dict,
    folder: Path,
    validate: Validate,
    monitor: Sequence[str],
) -> Metrics:
    """Minimize the cross-entropy of the captions and the auxiliary losses."""
    training = config.training
    captions = data.caption_columns(config.data.captions_per_image)
    batches = TokenBatches(captions, training.batch_tokens, training.num_buckets, training.seed, columns)
    losses = build_losses(network, config.model, config.data.captions_per_image, training.label_smoothing)
    return fit(folder, training, network.model, batches, losses, validate, monitor)


def _train_self_critical(
    config: CaptioningConfig,
    data: CaptioningData,
    network: CaptioningNetwork,
    columns: dict,
    folder: Path,
    validate: Validate,
    monitor: Sequence[str],
) -> Metrics:
    """Train on sampled captions, rewarded at their words."""
    training = _self_critical_config(config)
    losses = build_self_critical_losses(
        network,
        data.codec,
        caption_reward(data.train),
        config.data.max_sequence_length,
        is_transformer=config.model.architecture == "transformer",
        kl_weight=config.self_critical_kl_weight,
        jit_compile=config.training.jit_compile,
    )
    columns = {"features": columns["features"], "image_index": data.image_indices().astype(np.int32)}
    batches = TokenBatches(data.caption_columns(1), training.batch_tokens, 1, training.seed, columns)
    name = (
        f"self-critical-{config.self_critical_steps}-{config.self_critical_learning_rate:g}"
        f"-{config.self_critical_kl_weight:g}"
    )
    return fit(folder / name, training, network.model, batches, losses, validate, monitor)


def _self_critical_config(config: CaptioningConfig) -> TrainingConfig:
    """Derive the training configuration of the self-critical phase."""
    training = config.training
    return dataclasses.replace(
        training,
        steps=config.self_critical_steps,
        optimizer="adam",
        learning_rate=config.self_critical_learning_rate,
        warmup_steps=min(training.warmup_steps, config.self_critical_steps // 10),
        validation_freq=min(training.validation_freq, max(config.self_critical_steps // 2, 1)),
        batch_tokens=max(SELF_CRITICAL_BATCH_TOKENS, config.data.max_sequence_length + 1),
        jit_compile=False,  # the reward is computed in Python
    )
