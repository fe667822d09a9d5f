"""Does a word of the caption rest on the part of the picture that was looked at?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages
from ...focus import Controlled, beside_controls
from ..doubting import faithfulness, next_probabilities, padded_ids
from ..exporting import latest, load
from ..serving import Signature
from ..text import START, TextCodec
from ..words import first_pieces, words_of
from .images import read_images

BATCH = 64
Left = tuple[np.ndarray, np.ndarray]  # pixels, ids


@dataclass(frozen=True)
class Choice:
    """A piece that a captioner wrote: the picture `(side, side, 3)` uint8, its grid, the ids before it."""

    pixels: np.ndarray
    grid: tuple[int, int]
    written: np.ndarray

    def __len__(self) -> int:
        return self.grid[0] * self.grid[1]


def doubt(folder: Path, test: CaptionedImages, pictures: int) -> dict[str, Controlled]:
    """Measures of faithfulness of every word that an exported model writes, beside controls.

    A word is its first piece: the probability of that piece is watched while cells of the picture become
    grey, the caption before it held as it was. The measures are those of `faithfulness`.

    Args:
        folder: of the exported model: its `model.keras` is asked.
        test: pictures.
        pictures: how many of them. Every word asks for some hundred and forty passes.
    """
    version = latest(folder)
    codec = TextCodec.load(str(version / "assets" / "vocabulary.txt"))
    model = keras.saving.load_model(version / "model.keras")
    encoded = list(test.images.take(pictures).as_numpy_iterator())
    choices, maps = looked(load(folder).signatures["explain"], codec, encoded, model.input["image"].shape[1])
    predict = predictor(model)
    found = faithfulness(predict, choices, erase)
    return {name: beside_controls(of, maps) for name, of in found.items()}


def looked(
    signature: Signature, codec: TextCodec, encoded: Sequence[bytes], side: int
) -> tuple[list[Choice], list[np.ndarray]]:
    """The first piece of every word that is written, and how much it looked at each cell, `(cells,)`.

    Args:
        signature: the `explain` signature.
        codec: of the model.
        encoded: pictures, JPEG or PNG.
        side: in pixels, to which the model resizes them.
    """
    choices, maps = [], []
    pixels = read_images(tf.constant(encoded), side)[0].numpy()
    for one, seen in zip(encoded, pixels, strict=True):
        told = {name: value.numpy()[0] for name, value in signature(image=tf.constant([one])).items()}
        text = told["text"].decode()
        (ids,) = codec.rows([text], first=[START])
        for piece in first_pieces(told["target_offsets"], words_of(text)):
            choices.append(Choice(seen, told["attention"].shape[1:], ids[: piece + 1]))
            maps.append(told["attention"][piece].ravel())
    return choices, maps


def predictor(model: keras.Model) -> Callable[[list[Left]], np.ndarray]:
    """From pixels and the ids written so far to the probabilities of the next id."""

    @tf.function(reduce_retracing=True)
    def next_piece(image: tf.Tensor, caption: tf.Tensor) -> tf.Tensor:
        logits = model({"image": tf.cast(image, tf.float32), "caption": caption})
        return next_probabilities(logits, caption)

    def predict(left: list[Left]) -> np.ndarray:
        found = []
        for start in range(0, len(left), BATCH):
            images, captions = zip(*left[start : start + BATCH], strict=True)
            found.append(next_piece(tf.constant(np.stack(images)), padded_ids(captions)))
        return tf.concat(found, axis=0).numpy()

    return predict


def erase(choice: Choice, erased: np.ndarray) -> Left:
    """The picture with some cells in its mean colour, and what was written before."""
    side = np.arange(choice.pixels.shape[0])
    rows, columns = (side * cells // len(side) for cells in choice.grid)
    gone = np.reshape(erased, choice.grid)[np.ix_(rows, columns)]
    mean = choice.pixels.mean(axis=(0, 1))
    return np.where(gone[..., None], mean.astype(np.uint8), choice.pixels), choice.written
