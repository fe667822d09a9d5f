"""Training columns of the captioner: features and gold annotations of the image of each example."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from .config import CaptioningConfig
from .data import CaptioningData
from .feature_cache import cache_features
from .horizontal_flip import WithFlips, flip_boxes
from .model import CaptioningNetwork
from .objectives.phrase_loss import object_coverage


class IndexedRows:
    """Rows of an array, indexed by example: a column of `TokenBatches`.

    Args:
        rows: `(images, ...)`.
        indices: `(examples,)`, the row of each example.
    """

    def __init__(self, rows: np.ndarray | WithFlips, indices: np.ndarray):
        self.rows = rows
        self.indices = indices

    def __getitem__(self, examples: np.ndarray) -> np.ndarray:
        return self.rows[self.indices[examples]]


def image_features(
    config: CaptioningConfig, network: CaptioningNetwork, data: CaptionedImages, split: str, folder: Path
) -> np.ndarray:
    """Return the cached features of a split: pixels, or the grids of a frozen encoder.

    Args:
        config: its data, image size and encoder are used.
        network: the model.
        data: the images.
        split: name of the split, part of the name of the cached file.
        folder: folder of the cache; one for each set of weights of an encoder.
    """
    kind = "pixels" if network.trains_encoder else config.model.encoder
    extract = tf.identity if network.trains_encoder else lambda pixels: _encode(network, pixels)
    name = f"{Path(config.data.data).name}-{split}-{kind}"
    return cache_features(data, config.data.image_size, extract, folder, name)


def features_with_flips(
    config: CaptioningConfig, network: CaptioningNetwork, data: CaptioningData, folder: Path
) -> WithFlips:
    """Return the features of the training images and of their flips.

    The grid of a flipped image is not the flipped grid, so a frozen encoder encodes every image twice.
    """
    features = image_features(config, network, data.train, "train", folder)
    if network.trains_encoder or (data.image_indices() < len(data.train)).all():
        return WithFlips(features)
    name = f"{Path(config.data.data).name}-train-{config.model.encoder}-flipped"
    flipped = cache_features(
        data.train,
        config.data.image_size,
        lambda pixels: _encode(network, pixels[:, :, ::-1]),
        folder,
        name,
    )
    return WithFlips(features, flipped)


def training_columns(
    config: CaptioningConfig, network: CaptioningNetwork, data: CaptioningData, folder: Path
) -> dict[str, Any]:
    """Build the columns of the training examples beside their captions.

    Args:
        config, network, folder: see `image_features`.
        data: the training data.

    Returns:
        `features`; where their losses have a weight, `gold_objects` and `object_coverage`, and `gate_gold`.
    """
    objects, image_indices = data.train.objects, data.image_indices()
    columns: dict[str, Any] = {
        "features": IndexedRows(features_with_flips(config, network, data, folder), image_indices)
    }
    if not objects:
        return columns
    with_flips = [*objects, *flip_boxes(objects)]
    sizes = config.data.captions_per_image, config.data.max_sequence_length
    if config.model.gate_loss_weight:
        columns["gate_gold"] = data.gate_gold(*sizes)
    if config.model.attention_loss_weight:
        columns["gold_objects"] = data.gold_objects(*sizes)
        coverage = object_coverage(with_flips, *network.grid)
        columns["object_coverage"] = IndexedRows(coverage, image_indices)
    return columns


def _encode(network: CaptioningNetwork, pixels: tf.Tensor) -> tf.Tensor:
    return tf.cast(network.encoder(tf.cast(pixels, tf.float32)), tf.float16)
