"""Faithfulness of the captioner's attention: the effect of erasing grid cells on each word."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....focus import BaselineComparison, word_axis
from ...evaluation.faithfulness import compare_faithfulness, next_token_probabilities, pad_ids
from ...saved_model.batched_calls import Signature
from ...saved_model.loading import latest_version, load_saved_model
from ...text.codec import START, TextCodec
from ...text.word_units import first_token_of_words
from ..image_checks import check_images
from ..image_decoding import decode_images

BATCH_SIZE = 64
Erased = tuple[np.ndarray, np.ndarray]  # pixels, ids


@dataclass(frozen=True)
class NextTokenExample:
    """A generated token.

    pixels: the image `(image_size, image_size, 3)`, uint8.
    grid: rows and columns of the attention map.
    prefix: ids before the token.
    caption: index of the caption.
    """

    pixels: np.ndarray
    grid: tuple[int, int]
    prefix: np.ndarray
    caption: int

    def __len__(self) -> int:
        return self.grid[0] * self.grid[1]


def evaluate_faithfulness(
    folder: Path, test: CaptionedImages, num_examples: int
) -> dict[str, BaselineComparison]:
    """Compute the faithfulness measures of every word that an exported model writes, with baselines.

    A word stands for its first token: its probability is observed while cells of the image are erased to grey
    and the caption before it is held fixed. See `compare_faithfulness`.

    Args:
        folder: folder of the exported model, or of its versions; its `model.keras` is evaluated.
        test: images.
        num_examples: number of images. Every word takes about 140 forward passes.
    """
    version = latest_version(folder)
    codec = TextCodec.load(str(version / "assets" / "vocabulary.txt"))
    model = keras.saving.load_model(version / "model.keras")
    check_images(test, num_examples)
    encoded = list(test.images.take(num_examples).as_numpy_iterator())
    signature = load_saved_model(folder).signatures["explain"]
    examples, maps = collect_predictions(signature, codec, encoded, model.input["image"].shape[1])
    captions = [example.caption for example in examples]
    return compare_faithfulness(make_predict(model), examples, maps, erase, captions)


def collect_predictions(
    signature: Signature, codec: TextCodec, encoded: Sequence[bytes], image_size: int
) -> tuple[list[NextTokenExample], list[np.ndarray]]:
    """Collect the first token of every generated word, and its attention to each cell, `(cells,)`.

    Args:
        signature: the `explain` signature.
        codec: codec of the model.
        encoded: image files.
        image_size: side of the square images of the model, in pixels.
    """
    examples, maps = [], []
    images = decode_images(tf.constant(encoded), image_size)[0].numpy()
    for caption, (image_bytes, pixels) in enumerate(zip(encoded, images, strict=True)):
        outputs = signature(image=tf.constant([image_bytes]))
        outputs = {name: value.numpy()[0] for name, value in outputs.items()}
        text = outputs["text"].decode()
        (ids,) = codec.encode_rows([text], prefix=[START])
        for token in first_token_of_words(outputs["target_offsets"], word_axis(text)):
            grid = outputs["attention"].shape[1:]
            examples.append(NextTokenExample(pixels, grid, ids[: token + 1], caption))
            maps.append(outputs["attention"][token].ravel())
    return examples, maps


def make_predict(model: keras.Model) -> Callable[[list[Erased]], np.ndarray]:
    """Build a function from pixels and prefixes of ids to the probabilities of the next id."""

    @tf.function(reduce_retracing=True)
    def predict_batch(image: tf.Tensor, caption: tf.Tensor) -> tf.Tensor:
        logits = model({"image": tf.cast(image, tf.float32), "caption": caption})
        return next_token_probabilities(logits, caption)

    def predict(erased: list[Erased]) -> np.ndarray:
        probabilities = []
        for start in range(0, len(erased), BATCH_SIZE):
            images, captions = zip(*erased[start : start + BATCH_SIZE], strict=True)
            probabilities.append(predict_batch(tf.constant(np.stack(images)), pad_ids(captions)))
        return tf.concat(probabilities, axis=0).numpy()

    return predict


def erase(example: NextTokenExample, erased: np.ndarray) -> Erased:
    """Replace the cells `erased` by the mean colour of the image, and keep the prefix."""
    pixel = np.arange(example.pixels.shape[0])
    rows, columns = (pixel * num_cells // len(pixel) for num_cells in example.grid)
    is_erased = np.reshape(erased, example.grid)[np.ix_(rows, columns)]
    mean = example.pixels.mean(axis=(0, 1)).astype(np.uint8)
    return np.where(is_erased[..., None], mean, example.pixels), example.prefix
