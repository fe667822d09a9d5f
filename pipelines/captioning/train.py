"""Prepared data in, trained model out."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from ..training.batching import TokenBatches
from ..training.run import fit, start_run
from ..training.trainer import Metrics, TrainingConfig
from ..training.warm_start import load_weights_from
from .caption_truth import has_scene_objects, truth
from .config import CaptioningConfig
from .data import CaptioningData
from .export import Captioner
from .feature_cache import digest, see
from .horizontal_flip import WithFlips, flip_boxes
from .metrics import corpus_cider
from .model import Network, build, trains_encoder
from .objectives.losses import losses
from .objectives.object_loss import build_object_classifier, cell_boxes, cell_labels, label_names
from .objectives.phrase_loss import coverage
from .objectives.self_critical import caption_reward, self_critical_losses

BATCH = 64
SELF_CRITICAL_BATCH_TOKENS = 350  # positions of one caption for each picture of an update: 10 or 14 pictures


class IndexedRows:
    """Rows of an array for examples that share them: a column of `TokenBatches`."""

    def __init__(self, rows: np.ndarray | WithFlips, places: np.ndarray):
        self.rows = rows
        self.places = places

    def __getitem__(self, examples: np.ndarray) -> np.ndarray:
        return self.rows[self.places[examples]]


def train_captioner(config: CaptioningConfig, data: CaptioningData) -> tuple[Network, Captioner, Metrics]:
    """Train a model on `data`, or finish the run that was interrupted.

    Returns:
        The network with its best weights, the captioner that shares them, and what training took.
    """
    training = config.training
    captions = data.captions(config.data.captions_per_image)
    pictures = np.frombuffer(digest(data.train).encode(), np.uint8)
    folder = start_run(config, captions | {"picture": [data.pictures()], "pictures": [pictures]})
    network = build(config.model, config.data.image_size, len(data.codec.vocabulary))
    load_weights_from(network.model, config.start)
    captioner = Captioner(data.codec, network, config)
    unseen = look(config, network, data.validation, "validation")
    columns = _columns(config, network, data, features_with_flips(config, network, data))
    namer, trained = None, network.model
    if "labels" in columns:
        namer, trained = _with_namer(network, label_names(data.train.objects or []))
    batches = TokenBatches(captions, training.batch_tokens, training.num_buckets, training.seed, columns)

    def validate() -> Metrics:
        texts = []
        for start in range(0, len(unseen), BATCH):
            texts += captioner.describe(unseen[start : start + BATCH])
        told = {"cider": corpus_cider(texts, data.validation.references)}
        if judged:
            told |= truth(texts, data.validation.objects or [])
            told["worth"] = float(reward(texts, range(len(texts))).mean())
        return told

    judged = has_scene_objects(data.validation.objects)
    reward = caption_reward(data.validation)
    metric = "worth" if judged else "cider"
    told = fit(folder, training, trained, batches, losses(network, config, namer), validate, metric)
    told["parameters"] = network.model.count_params()
    if config.self_critical:
        loss = self_critical_losses(network, config, data.codec, caption_reward(data.train))
        columns = {"seen": columns["seen"], "picture": data.pictures().astype(np.int32)}
        phase = _self_critical_training(config)
        batches = TokenBatches(data.captions(1), phase.batch_tokens, 1, phase.seed, columns)
        name = f"self-critical-{config.self_critical}-{config.self_critical_learning_rate:g}"
        before = network.model.get_weights()
        after = fit(folder / name, phase, network.model, batches, loss, validate, metric)
        if after[f"best_{metric}"] < told[f"best_{metric}"]:
            network.model.set_weights(before)
        told |= {f"self_critical_{key}": value for key, value in after.items()}
    return network, captioner, told


def _self_critical_training(config: CaptioningConfig) -> TrainingConfig:
    """How a network that has learned from captions learns from those that it draws."""
    training = config.training
    return dataclasses.replace(
        training,
        steps=config.self_critical,
        optimizer="adam",
        learning_rate=config.self_critical_learning_rate,
        warmup_steps=min(training.warmup_steps, config.self_critical // 10),
        validation_freq=min(training.validation_freq, max(config.self_critical // 2, 1)),
        batch_tokens=max(SELF_CRITICAL_BATCH_TOKENS, config.data.max_sequence_length + 1),
        jit_compile=False,  # Python tells how good a caption is
    )


def look(config: CaptioningConfig, network: Network, data: CaptionedImages, split: str) -> np.ndarray:
    """What training sees of each picture: its pixels, or the grid of an encoder that does not learn."""
    folder = config.runs / "seen"
    name = f"{Path(config.data.data).name}-{split}"
    if trains_encoder(config.model):
        return see(data, config.data.image_size, tf.identity, folder, f"{name}-pixels")
    return see(data, config.data.image_size, _encode(network), folder, f"{name}-{config.model.encoder}")


def features_with_flips(config: CaptioningConfig, network: Network, data: CaptioningData) -> WithFlips:
    """The same of the training pictures, and of each in a mirror. The grid of a picture in a mirror is not
    its grid from right to left: an encoder that does not learn has to look twice."""
    seen = look(config, network, data.train, "train")
    if trains_encoder(config.model) or not config.data.horizontal_flip:
        return WithFlips(seen)
    encode = _encode(network)
    name = f"{Path(config.data.data).name}-train-{config.model.encoder}-mirrored"
    turned = see(
        data.train, config.data.image_size, lambda x: encode(x[:, :, ::-1]), config.runs / "seen", name
    )
    return WithFlips(seen, turned)


def _encode(network: Network) -> Callable[[tf.Tensor], tf.Tensor]:
    return lambda pixels: tf.cast(network.encoder(tf.cast(pixels, tf.float32)), tf.float16)


def _columns(
    config: CaptioningConfig, network: Network, data: CaptioningData, seen: WithFlips
) -> dict[str, Any]:
    """What an example has beside its captions: what is seen of its picture, and what gold tells."""
    objects, of_examples = data.train.objects, data.pictures()
    columns: dict[str, Any] = {"seen": IndexedRows(seen, of_examples)}
    both = [*objects, *flip_boxes(objects)] if objects else []
    if objects and trains_encoder(config.model) and config.model.objects:
        labels = cell_labels(both, label_names(objects), *network.grid)
        columns["labels"] = IndexedRows(labels, of_examples)
        columns["boxes"] = IndexedRows(cell_boxes(both, *network.grid), of_examples)
    if objects and data.train.phrases and config.model.attention_loss_weight:
        columns["looks"] = data.looks(config.data.captions_per_image, config.data.max_sequence_length)
        columns["covered"] = IndexedRows(coverage(both, *network.grid), of_examples)
    return columns


def _with_namer(network: Network, names: dict[str, list[str]]) -> tuple[keras.Model, keras.Model]:
    """A classifier of the grid's cells, and a model that holds it beside the network."""
    namer = build_object_classifier(network.encoder.output_shape[1:], names)
    image, caption = network.model.input["image"], network.model.input["caption"]
    return namer, keras.Model([image, caption], [network.model.output, namer(network.encoder(image))])
