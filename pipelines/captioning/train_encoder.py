"""Training of the image encoder on object detection, before captions (Anderson et al. 2018).

An encoder that knows the objects can be frozen: its grids are computed once, and an update of the caption
decoder takes half the time.
"""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ..training.batching import TokenBatches
from ..training.run import fit
from ..training.trainer import Batch, Losses, Metrics
from .columns import image_features
from .config import CaptioningConfig
from .data import CaptioningData
from .horizontal_flip import WithFlips, flip_boxes
from .model import CaptioningNetwork
from .objectives.channel_shift import COLOUR, hide_colours, shift_channels
from .objectives.object_loss import (
    build_object_classifier,
    cell_boxes,
    cell_labels,
    label_kinds,
    label_names,
    object_accuracy,
    object_loss,
)

IMAGES_PER_BATCH = 16
VALIDATION_BATCH_SIZE = 64


def train_encoder(
    config: CaptioningConfig, network: CaptioningNetwork, data: CaptioningData, folder: Path
) -> Metrics:
    """Train the encoder to classify the objects of each cell of its grid, or finish an interrupted run.

    With colours among the labels, a share of the images has shifted colour channels, see `channel_shift`.

    Args:
        config: of the pipeline, with a number of `object_steps`.
        network: its encoder is trained.
        data: images with objects.
        folder: folder of the run.

    Returns:
        The metrics of training, see `fit`; `best_objects` is the share of objects of the validation split
        whose labels are all right.
    """
    objects, validation_objects = data.train.objects or [], data.validation.objects or []
    names = label_names(objects)
    classifier = build_object_classifier(network.encoder.output_shape[1:], names)
    detector = keras.Model(network.encoder.input, classifier(network.encoder.output), name="detector")
    with_flips = [*objects, *flip_boxes(objects)] if config.data.horizontal_flip else objects
    pixels = config.runs / "features"
    columns = {
        "features": WithFlips(image_features(config, network, data.train, "train", pixels)),
        "object_labels": cell_labels(with_flips, names, *network.grid),
        "object_boxes": cell_boxes(with_flips, *network.grid),
    }
    images = {"image": [np.array([index + 1]) for index in range(len(with_flips))]}  # 0 is padding
    training = dataclasses.replace(
        config.training,
        steps=config.model.object_steps,
        batch_tokens=2 * IMAGES_PER_BATCH,  # a sequence of one id is padded to two
        validation_freq=min(config.training.validation_freq, config.model.object_steps or 1),
    )
    batches = TokenBatches(images, training.batch_tokens, 1, training.seed, columns)
    features = image_features(config, network, data.validation, "validation", pixels)
    labels = cell_labels(validation_objects, names, *network.grid)

    def validate() -> Metrics:
        return {"objects": _object_accuracy(detector, features, labels)}

    losses = _Losses(network.encoder, classifier)
    return fit(folder / "objects", training, detector, batches, losses, validate, ["objects"], unit="images")


class _Losses:
    """Loss function of a batch: the object loss of images, some with shifted colour channels."""

    def __init__(self, encoder: keras.Model, classifier: keras.Model):
        self.encoder, self.classifier = encoder, classifier
        self.kinds = label_kinds(classifier)

    def __call__(self, batch: Batch) -> Losses:
        images, labels = batch["features"], batch["object_labels"]
        if COLOUR in self.kinds:
            images, is_shifted = shift_channels(images, seed=tf.reduce_sum(batch["image"]))
            labels = hide_colours(labels, self.kinds, is_shifted)
        grid = self.encoder(images, training=False)  # keeps the statistics of batch normalization
        loss = object_loss(self.classifier(grid), labels, batch["object_boxes"])
        return {"loss": loss, "tokens": tf.cast(tf.shape(images)[0], tf.float32)}


def freeze_encoder(network: CaptioningNetwork) -> CaptioningNetwork:
    """Freeze the encoder, so that its grids can be cached."""
    network.encoder.trainable = False
    return dataclasses.replace(network, trains_encoder=False)


def _object_accuracy(detector: keras.Model, features: np.ndarray, labels: np.ndarray) -> float:
    correct = []
    for start in range(0, len(features), VALIDATION_BATCH_SIZE):
        batch = slice(start, start + VALIDATION_BATCH_SIZE)
        correct.append(object_accuracy(detector(tf.cast(features[batch], tf.float32)), labels[batch]))
    return float(np.mean(np.concatenate(correct)))
