"""Answer of the page: the prediction for one text or image, and its attention as the report encodes it."""

from typing import Any

import numpy as np

from ...focus.records import ImageAxis, TextAxis, word_spans
from ...focus.report import ReportExample
from ...focus.report.example_encoding import encode_examples
from ..evaluation.report import COMMON_MEASURES, add_baselines
from ..evaluation.word_records import caption_records, label_records, translation_records, words_read
from .page_task import Task
from .request_error import RequestError
from .sequence_axes import Outputs

INVALID_IMAGE = (
    "the file must be a complete JPEG, PNG, GIF, BMP or WebP image of at most 40 million pixels. "
    "Save a picture of another kind, such as HEIC or TIFF, as JPEG"
)
NO_PICTURE = np.full((1, 1, 3), 255, np.uint8)  # the browser has the picture


def build_answer(task: Task, outputs: Outputs, value: bytes, with_attention: bool) -> dict[str, Any]:
    """Build the answer for one example.

    Args:
        task: task of the model.
        outputs: outputs of the model for the example, of the signature `explain` if it has attention.
        value: the UTF-8 text, or the image file.
        with_attention: whether to encode the attention, with baselines and measures.

    Returns:
        JSON values: `prediction`, `note`, and `example`, see `encode_examples`; None without words.

    Raises:
        RequestError: 400 if the model cannot decode the image.
    """
    if not outputs.get("valid", True):
        raise RequestError(400, INVALID_IMAGE)
    example = _build_example(task, outputs, value) if with_attention else None
    return {
        "prediction": _prediction(task, outputs),
        "note": _truncation(outputs, value) if task is not Task.DESCRIBE else "",
        "example": None if example is None else _encode(example),
    }


def _prediction(task: Task, outputs: Outputs) -> dict[str, Any]:
    prediction: dict[str, Any] = {}
    for name in ("label",) if task is Task.CLASSIFY else ("text",):
        prediction[name] = outputs[name].item().decode(errors="replace")
    if "score" in outputs:
        prediction["score"] = float(outputs["score"])
    if task is Task.CLASSIFY and {"classes", "probabilities"} <= outputs.keys():
        classes = [name.decode(errors="replace") for name in outputs["classes"].tolist()]
        prediction["probabilities"] = dict(zip(classes, outputs["probabilities"].tolist(), strict=True))
    return prediction


def _truncation(outputs: Outputs, text: bytes) -> str:
    read = int(outputs.get("bytes_read", len(text)))
    if read >= len(text):
        return ""
    return f"The text is too long for the model, which has read the first {read:,} of {len(text):,} bytes."


def _build_example(task: Task, outputs: Outputs, value: bytes) -> ReportExample | None:
    """Build the example as the report of the pipeline does, without gold; None without words."""
    scalars: dict[str, Any] = {
        name: output.item() if output.ndim == 0 else output for name, output in outputs.items()
    }
    if task is Task.CLASSIFY:
        text = value.decode(errors="replace")
        words = words_read(scalars, text)
        if not len(words) or not scalars["label"]:
            return None
        return ReportExample(label_records(scalars, words), text)
    target = _words(scalars["text"].decode(errors="replace"))
    if not len(target):
        return None
    if task is Task.TRANSLATE:
        source = _words(value.decode(errors="replace"))
        return ReportExample(translation_records(scalars, source, target), source.text or "")
    boxes = outputs["regions"].reshape(-1, 4)
    cells = ImageAxis(boxes, (round(float(boxes[-1, 2])), round(float(boxes[-1, 3]))))
    return ReportExample(caption_records(scalars, target, cells), target.text or "", image=NO_PICTURE)


def _words(text: str) -> TextAxis:
    labels, spans = word_spans(text)
    return TextAxis(labels, np.asarray(spans).reshape(-1, 2), text)


def _encode(example: ReportExample) -> dict[str, Any]:
    [with_baselines], _ = add_baselines([example], COMMON_MEASURES)
    [encoded] = encode_examples([with_baselines])
    keys = (example.records[0].keys or [None])[0]
    if isinstance(keys, ImageAxis):
        encoded["image"] = {"uri": "", "height": keys.size[0], "width": keys.size[1]}
    return encoded
