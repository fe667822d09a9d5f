"""What the model sees of each picture, computed once and kept on the disk."""

import hashlib
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from .image_decoding import read_images

BATCH = 32
PROBED = 64  # pictures whose bytes tell whether a data set is the one that was seen


def see(
    data: CaptionedImages, image_size: int, look: Callable[[tf.Tensor], tf.Tensor], folder: Path, name: str
) -> np.ndarray:
    """Decode every picture, and keep what is seen in it.

    Args:
        data: the pictures.
        image_size: pixels of the square that they are resized to.
        look: `(batch, image_size, image_size, 3)` uint8 -> what is kept, `(batch, ...)`.
        folder: where it is kept.
        name: of the file; what `look` does and the data are told by it.

    Returns:
        `(pictures, ...)`, an array on the disk.

    Raises:
        ValueError: if a picture cannot be read.
    """
    path = folder / f"{name}-{image_size}-{digest(data)}.npy"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        _write(data, image_size, tf.function(look, reduce_retracing=True), part)
        part.rename(path)
    return np.load(path, mmap_mode="r")


def _write(data: CaptionedImages, image_size: int, look: Callable, path: Path) -> None:
    decode = tf.function(lambda encoded: read_images(encoded, image_size), reduce_retracing=True)
    rows, start = None, 0
    for encoded in data.images.batch(BATCH):
        images, _, valid = decode(encoded)
        if not tf.reduce_all(valid):
            place = start + int(tf.argmin(tf.cast(valid, tf.int32)))
            raise ValueError(f"expected whole JPEG or PNG pictures; picture {place} cannot be read")
        seen = look(images).numpy()
        if rows is None:
            shape = (len(data), *seen.shape[1:])
            rows = np.lib.format.open_memmap(path, mode="w+", dtype=seen.dtype, shape=shape)
        rows[start : start + len(seen)] = seen
        start += len(seen)


def digest(data: CaptionedImages) -> str:
    """A name for what the data hold: their captions and the first of their pictures."""
    told = hashlib.sha256(repr(data.references).encode())
    for encoded in islice(data.images, PROBED):
        told.update(encoded.numpy())
    return told.hexdigest()[:12]
