"""Feature cache: image features computed once and kept on disk."""

import hashlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from .image_checks import check_images
from .image_decoding import decode_images

BATCH_SIZE = 32
NUM_HASHED_IMAGES = 64  # images whose bytes identify a data set, beside all of its captions


def cache_features(
    data: CaptionedImages,
    image_size: int,
    extract: Callable[[tf.Tensor], tf.Tensor],
    folder: Path,
    name: str,
) -> np.ndarray:
    """Decode every image, extract its features and keep them on disk.

    Args:
        data: the images.
        image_size: side of the square, in pixels, that images are resized to.
        extract: `(batch, image_size, image_size, 3)` uint8 -> features `(batch, ...)`.
        folder: folder of the cache.
        name: name of the file; it must identify `extract` and the split.

    Returns:
        `(images, ...)`, a memory-mapped array.

    Raises:
        ValueError: if an image cannot be decoded, see `check_images`.
    """
    path = folder / f"{name}-{image_size}-{fingerprint(data)}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        _write_features(data, image_size, tf.function(extract, reduce_retracing=True), unfinished)
        unfinished.rename(path)
    return np.load(path, mmap_mode="r")


def fingerprint(data: CaptionedImages) -> str:
    """Hash the captions and the first images of a data set."""
    digest = hashlib.sha256(repr(data.references).encode())
    for encoded in islice(data.images, NUM_HASHED_IMAGES):
        digest.update(encoded.numpy())
    return digest.hexdigest()[:12]


def _write_features(data: CaptionedImages, image_size: int, extract: Callable, path: Path) -> None:
    decode = tf.function(lambda encoded: decode_images(encoded, image_size), reduce_retracing=True)
    rows, start = None, 0
    for encoded in data.images.batch(BATCH_SIZE):
        images, _, valid = decode(encoded)
        if not tf.reduce_all(valid):
            check_images(data)
        features = extract(images).numpy()
        if rows is None:
            shape = (len(data), *features.shape[1:])
            rows = np.lib.format.open_memmap(path, mode="w+", dtype=features.dtype, shape=shape)
        rows[start : start + len(features)] = features
        start += len(features)
