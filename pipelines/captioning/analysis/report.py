"""Report and plausibility of the captioner's attention, for images of a test split."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....datasets.captioning import AnnotationTable
from ....focus import attention_correctness, pointing_game, word_axis
from ....focus.plausibility import GatedText
from ....focus.records import ImageAxis, TextAxis, word_spans
from ....focus.report import MeasureTable, ReportExample
from ...evaluation.report import (
    NUM_EXAMPLES,
    Measure,
    mean_over_examples,
    measure_examples,
    primary_weights,
)
from ...evaluation.word_records import caption_records
from ...saved_model.batched_calls import Signature
from ..caption_truth import CaptionJudge, has_scene_objects, named_boxes
from ..data import sentinel_tokens
from ..image_checks import check_images
from ..image_decoding import decode_image

NUM_PLAUSIBILITY_EXAMPLES = 200


def report_examples(
    signature: Signature, test: CaptionedImages, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """Build report examples of the first images of a test set.

    Images with an empty caption are left out. With the objects of `scenes` a
    caption that is not true of its image is an error.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: images; for `scenes` with the gold boxes of each phrase.
        count: number of images.

    Raises:
        ValueError: if an image cannot be decoded.
    """
    check_images(test, count)
    encoded = list(islice(test.images.as_numpy_iterator(), count))
    outputs = {name: value.numpy() for name, value in signature(image=tf.constant(encoded)).items()}
    is_judged = has_scene_objects(test.objects)
    examples = []
    for index, image in enumerate(encoded):
        outputs_of_image = {name: value[index] for name, value in outputs.items()}
        if word_spans(outputs_of_image["text"].decode())[0]:
            objects = test.objects[index] if is_judged and test.objects else None
            examples.append(_build_example(outputs_of_image, image, test.references[index][0], objects))
    return examples


def plausibility(
    signature: Signature, test: CaptionedImages, count: int = NUM_PLAUSIBILITY_EXAMPLES
) -> MeasureTable:
    """Measure how well the attention of words agrees with the boxes of what they name, with baselines.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: images of `scenes`.
        count: number of images, the first ones.

    Returns:
        The measures of the `model` and of the baselines; empty if no caption names an object of its image.

    Raises:
        ValueError: if the images have no gold objects with attributes.
    """
    if not has_scene_objects(test.objects):
        raise ValueError("`test` must have gold objects with their attributes. Received: none")
    return measure_examples(report_examples(signature, test, count), MEASURES)


def gated_texts(examples: Sequence[ReportExample]) -> list[GatedText]:
    """Collect the gates of the words of captions of `scenes`; empty without a gate.

    The gate is the mean of the heads of the exported layer. Gold are the words that state no fact, see
    `caption_facts`. Captions that cannot be parsed are left out.
    """
    texts = []
    for example in examples:
        gate, words = example.records[0].gate, word_axis(example.title)
        is_sentinel = sentinel_tokens(example.title, np.asarray(words.offsets))
        if gate is not None and is_sentinel is not None:
            texts.append(GatedText(words.labels, gate[0].mean(axis=0), is_sentinel))
    return texts


def _build_example(
    outputs: dict, encoded: bytes, reference: str, objects: AnnotationTable | None
) -> ReportExample:
    caption = outputs["text"].decode()
    pixels = decode_image(encoded).numpy()
    labels, spans = word_spans(caption)
    words = TextAxis(labels, np.asarray(spans), caption)
    cells = ImageAxis(outputs["regions"].reshape(-1, 4), pixels.shape[:2])
    boxes = {} if objects is None else _boxes_of_words(caption, words, objects, cells.size)
    is_true = None if objects is None else CaptionJudge([objects])(caption, 0)
    return ReportExample(
        caption_records(outputs, words, cells),
        caption,
        reference,
        pixels,
        boxes=boxes,
        error=None if is_true is None else float(not is_true),
        error_name="not true of the image",
    )


def _boxes_of_words(
    caption: str, words: TextAxis, objects: AnnotationTable, size: tuple[int, int]
) -> dict[int, np.ndarray]:
    """Find for each word of a noun phrase the boxes, in pixels, of the objects that the phrase matches."""
    phrases = named_boxes(caption, objects)
    return {
        index: boxes * np.tile(size, 2)
        for index, (start, end) in enumerate(words.offsets)
        for first, last, boxes in phrases
        if first <= start and end <= last
    }


def _grounded_words(example: ReportExample, indices: Sequence[int]) -> tuple[np.ndarray, list, list]:
    """Return the weights, cells and boxes of words that have boxes."""
    keys: Sequence = example.records[0].keys or []
    boxes = [example.boxes[index] for index in indices]
    return primary_weights(example)[list(indices)], [keys[0]] * len(boxes), boxes


def _nouns(example: ReportExample) -> list[int]:
    """Return the last word of each noun phrase, the first that determines the object."""
    return [index for index in example.boxes if index + 1 not in example.boxes]


MEASURES = {
    "pointing game": Measure(
        "share of the words of noun phrases whose highest weight lies in a box of what they name, 0 to 1",
        lambda examples: mean_over_examples(
            examples, lambda e: pointing_game(*_grounded_words(e, list(e.boxes)))
        ),
    ),
    "pointing game, nouns": Measure(
        "the same for the last words of noun phrases alone, which determine the object",
        lambda examples: mean_over_examples(
            examples, lambda e: pointing_game(*_grounded_words(e, _nouns(e)))
        ),
    ),
    "attention in the boxes": Measure(
        "share of the attention of all these words inside the boxes, 0 to 1",
        lambda examples: mean_over_examples(
            examples, lambda e: attention_correctness(*_grounded_words(e, list(e.boxes)))
        ),
    ),
}
