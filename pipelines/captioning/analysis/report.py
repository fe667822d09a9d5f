"""The report of a captioner: where it looked, for pictures of a test set."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....datasets.captioning import AnnotationTable
from ....focus import attention_correctness, pointing_game
from ....focus.records.alignment import word_spans
from ....focus.records.focus_record import FocusRecord, ImageAxis, TextAxis
from ....focus.report.example import ReportExample
from ...evaluation.report import (
    NUM_EXAMPLES,
    Measure,
    exported_layer_first,
    mean_over_examples,
    primary_weights,
    word_gate,
    word_weights,
)
from ...saved_model.batched_calls import Signature
from ..caption_truth import has_scene_objects, named_boxes


def report_examples(
    signature: Signature, test: CaptionedImages, count: int = NUM_EXAMPLES
) -> list[ReportExample]:
    """The first pictures of a test set; those that cannot be read, or get no caption, are left out.

    Args:
        signature: the `explain` signature of a SavedModel of this pipeline.
        test: pictures; of `scenes` the objects that a caption's phrases speak of are told.
        count: of pictures.
    """
    encoded = list(islice(test.images.as_numpy_iterator(), count))
    told = {name: value.numpy() for name, value in signature(image=tf.constant(encoded)).items()}
    judged = has_scene_objects(test.objects)
    examples = []
    for place, picture in enumerate(encoded):
        one = {name: value[place] for name, value in told.items()}
        if word_spans(one["text"].decode())[0]:
            objects = test.objects[place] if judged and test.objects else None
            examples.append(_example(one, picture, test.references[place][0], objects))
    return examples


def _example(told: dict, encoded: bytes, reference: str, objects: AnnotationTable | None) -> ReportExample:
    caption = told["text"].decode()
    pixels = tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
    labels, spans = word_spans(caption)
    words = TextAxis(labels, np.asarray(spans), caption)
    cells = ImageAxis(told["regions"].reshape(-1, 4), pixels.shape[:2])
    boxes = {} if objects is None else _boxes(caption, words, objects, cells.size)
    return ReportExample(_records(told, words, cells), caption, reference, pixels, boxes=boxes)


def _boxes(
    caption: str, words: TextAxis, objects: AnnotationTable, size: tuple[int, int]
) -> dict[int, np.ndarray]:
    """For each word of a phrase the boxes, in pixels, that the phrase may speak of."""
    found = named_boxes(caption, objects)
    return {
        place: boxes * np.tile(size, 2)
        for place, (start, end) in enumerate(words.offsets)
        for first, last, boxes in found
        if first <= start and end <= last
    }


def _records(told: dict, words: TextAxis, cells: ImageAxis) -> list[FocusRecord]:
    """A record for each block of the decoder; that of the attention which is told comes first."""
    heads = told["attention_heads"]
    blocks = np.moveaxis(heads.reshape(*heads.shape[:3], -1), 0, 2)  # (blocks, heads, pieces, cells)
    gates = np.moveaxis(told["gate_heads"], 0, 2)
    places = [(place, place + 1) for place in range(len(cells))]
    records = []
    for place, (weights, gate) in enumerate(zip(blocks, gates, strict=True)):
        gated = word_gate(gate, told["target_offsets"], words.offsets)
        records.append(
            FocusRecord(
                f"decoder block {place + 1}, to the picture",
                word_weights(weights, places, told["target_offsets"], places, words.offsets)[None],
                gate=None if gated is None else gated[None],
                queries=[words],
                keys=[cells],
            )
        )
    return exported_layer_first(records, blocks, told["attention"].reshape(len(told["attention"]), -1))


def _named(example: ReportExample, places: Sequence[int]) -> tuple[np.ndarray, list, list]:
    """Of words with boxes: their weights, their cells, their boxes."""
    keys: Sequence = example.records[0].keys or []
    boxes = [example.boxes[place] for place in places]
    return primary_weights(example)[list(places)], [keys[0]] * len(boxes), boxes


def _nouns(example: ReportExample) -> list[int]:
    """The last word of each noun phrase: before it, it is open which object will be named."""
    return [place for place in example.boxes if place + 1 not in example.boxes]


MEASURES = {
    "pointing game": Measure(
        "share of the words of noun phrases that looked most at a cell in a box of what they name; 1 is best",
        lambda e: mean_over_examples(e, lambda one: pointing_game(*_named(one, list(one.boxes)))),
    ),
    "pointing game, nouns": Measure(
        "the same of their last words alone, by which the object is known",
        lambda e: mean_over_examples(e, lambda one: pointing_game(*_named(one, _nouns(one)))),
    ),
    "attention in the boxes": Measure(
        "share of the attention of all these words that lies there; 1 is all of it",
        lambda e: mean_over_examples(e, lambda one: attention_correctness(*_named(one, list(one.boxes)))),
    ),
}
