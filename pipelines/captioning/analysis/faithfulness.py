"""Does a word of the caption rest on the part of the picture that was looked at?"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....focus import BaselineComparison, compare_with_baselines
from ...evaluation.faithfulness import faithfulness_measures, next_token_probabilities, pad_ids
from ...saved_model.batched_calls import Signature
from ...saved_model.export import latest_version, load
from ...text.codec import START, TextCodec
from ...text.whitespace_words import first_token_of_words, split_on_whitespace
from ..image_decoding import read_images

BATCH = 64
Left = tuple[np.ndarray, np.ndarray]  # pixels, ids


@dataclass(frozen=True)
class NextTokenExample:
    """A piece that a captioner wrote: the picture `(side, side, 3)` uint8, its grid, the ids before it."""

    pixels: np.ndarray
    grid: tuple[int, int]
    written: np.ndarray

    def __len__(self) -> int:
        return self.grid[0] * self.grid[1]


def doubt(folder: Path, test: CaptionedImages, pictures: int) -> dict[str, BaselineComparison]:
    """Measures of faithfulness of every word that an exported model writes, beside controls.

    A word is its first piece: the probability of that piece is watched while cells of the picture become
    grey, the caption before it held as it was. The measures are those of `faithfulness_measures`.

    Args:
        folder: of the exported model: its `model.keras` is asked.
        test: pictures.
        pictures: how many of them. Every word asks for some hundred and forty passes.
    """
    version = latest_version(folder)
    codec = TextCodec.load(str(version / "assets" / "vocabulary.txt"))
    model = keras.saving.load_model(version / "model.keras")
    encoded = list(test.images.take(pictures).as_numpy_iterator())
    choices, maps = looked(load(folder).signatures["explain"], codec, encoded, model.input["image"].shape[1])
    predict = make_predict(model)
    found = faithfulness_measures(predict, choices, erase)
    return {name: compare_with_baselines(of, maps) for name, of in found.items()}


def looked(
    signature: Signature, codec: TextCodec, encoded: Sequence[bytes], side: int
) -> tuple[list[NextTokenExample], list[np.ndarray]]:
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
        for piece in first_token_of_words(told["target_offsets"], split_on_whitespace(text)):
            choices.append(NextTokenExample(seen, told["attention"].shape[1:], ids[: piece + 1]))
            maps.append(told["attention"][piece].ravel())
    return choices, maps


def make_predict(model: keras.Model) -> Callable[[list[Left]], np.ndarray]:
    """From pixels and the ids written so far to the probabilities of the next id."""

    @tf.function(reduce_retracing=True)
    def next_piece(image: tf.Tensor, caption: tf.Tensor) -> tf.Tensor:
        logits = model({"image": tf.cast(image, tf.float32), "caption": caption})
        return next_token_probabilities(logits, caption)

    def predict(left: list[Left]) -> np.ndarray:
        found = []
        for start in range(0, len(left), BATCH):
            images, captions = zip(*left[start : start + BATCH], strict=True)
            found.append(next_piece(tf.constant(np.stack(images)), pad_ids(captions)))
        return tf.concat(found, axis=0).numpy()

    return predict


def erase(choice: NextTokenExample, erased: np.ndarray) -> Left:
    """The picture with some cells in its mean colour, and what was written before."""
    side = np.arange(choice.pixels.shape[0])
    rows, columns = (side * cells // len(side) for cells in choice.grid)
    gone = np.reshape(erased, choice.grid)[np.ix_(rows, columns)]
    mean = choice.pixels.mean(axis=(0, 1))
    return np.where(gone[..., None], mean.astype(np.uint8), choice.pixels), choice.written
