"""Records of focus from what an exported model tells."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .focus_record import FocusRecord, ImageAxis, TextAxis

PAD = "[PAD]"


def records_from_signature(
    outputs: Mapping[str, Any], texts: Sequence[str] | None = None
) -> list[FocusRecord]:
    """The records in what the `explain` signature of a pipeline's SavedModel answers.

    - translation: a record for each block, with the pieces of the translation as queries and those of the
      source as keys;
    - captioning: the same, with the regions of the picture as keys;
    - sentiment: one record, whose only query is the decision; of a hierarchical model another one, whose keys
      are the sentences.

    Args:
        outputs: arrays or tensors by name, a row for each example.
        texts: what was asked, for the axes of the source.

    Returns:
        Records with axes. What stands behind the end of an axis is padding, and masked.

    Raises:
        ValueError: if the answer tells no attention, or the texts are not as many as its rows.

    Example:
        >>> outputs = {"attention": [[0.9, 0.1]], "gate": [0.2], "source_tokens": [[b"not", b"bad"]],
        ...           "source_offsets": [[(0, 3), (4, 7)]]}
        >>> [focus] = records_from_signature(outputs, ["not bad"])
        >>> focus.weights.shape, focus.keys[0].labels
        ((1, 1, 1, 2), ['not', 'bad'])
    """
    outputs = {name: np.asarray(value) for name, value in outputs.items()}
    if "attention" not in outputs:
        raise ValueError(f"Expected the answer of an `explain` signature. Received: {sorted(outputs)}.")
    if texts is not None and len(texts) != len(outputs["attention"]):
        raise ValueError(
            f"Expected a text for each of {len(outputs['attention'])} rows. Received: {len(texts)}."
        )
    if "target_offsets" not in outputs:
        return _of_a_decision(outputs, texts)
    weights, gates = outputs["attention_heads"], outputs["gate_heads"]
    weights = weights.reshape(*weights.shape[:4], -1)  # the cells of a picture, row by row
    queries = _pieces(outputs, "target", outputs["text"].tolist())
    keys = _regions(outputs["regions"]) if "regions" in outputs else _pieces(outputs, "source", texts)
    return [
        FocusRecord(
            layer=f"block_{block + 1}",
            weights=weights[:, :, block].swapaxes(1, 2),
            mask=_reach(queries, weights.shape[1])[..., None] & _reach(keys, weights.shape[-1])[:, None],
            gate=gates[:, :, block].swapaxes(1, 2),
            queries=queries,
            keys=keys,
        )
        for block in range(weights.shape[2])
    ]


def _of_a_decision(outputs: dict[str, np.ndarray], texts: Sequence[str] | None) -> list[FocusRecord]:
    """Words, and sentences where they were weighed, `(batch, keys)`."""
    words = _pieces(outputs, "source", texts)
    heads = outputs.get("attention_heads", outputs["attention"][:, None])  # (batch, heads, keys)
    gates = outputs.get("gate_heads", outputs["gate"][:, None])
    found = [_of_one_query("attention", heads, words, gates[..., None])]
    if "sentence_attention" in outputs:
        sentences = _sentences(outputs["sentence_offsets"], texts)
        found.append(_of_one_query("sentence_attention", outputs["sentence_attention"][:, None], sentences))
    return found


def _of_one_query(
    name: str, weights: np.ndarray, keys: list[TextAxis], gate: np.ndarray | None = None
) -> FocusRecord:
    mask = _reach(keys, weights.shape[-1])[:, None]
    return FocusRecord(name, weights[:, :, None], mask, gate, keys=keys)


def _pieces(outputs: dict[str, np.ndarray], side: str, texts: Sequence | None) -> list[TextAxis]:
    tokens, offsets = outputs[f"{side}_tokens"], outputs[f"{side}_offsets"]
    axes = []
    for index, (row, spans) in enumerate(zip(tokens.tolist(), offsets, strict=True)):
        labels = [_text(piece) for piece in row]
        while labels and labels[-1] == PAD:
            labels.pop()
        axes.append(TextAxis(labels, spans[: len(labels)], None if texts is None else _text(texts[index])))
    return axes


def _sentences(offsets: np.ndarray, texts: Sequence | None) -> list[TextAxis]:
    """A sentence is called by its text, or by its number; those behind the last are empty."""
    axes = []
    for index, spans in enumerate(offsets):
        spans = spans[: np.max(np.flatnonzero(spans[:, 1] > spans[:, 0]), initial=-1) + 1]
        text = None if texts is None else _text(texts[index])
        labels = [str(number + 1) for number in range(len(spans))]
        if text is not None:
            labels = [text.encode()[start:end].decode(errors="replace") for start, end in spans]
        axes.append(TextAxis(labels, spans, text))
    return axes


def _regions(regions: np.ndarray) -> list[ImageAxis]:
    """Of `(batch, rows, columns, 4)`; the last region ends where the picture does."""
    boxes = regions.reshape(len(regions), -1, 4)
    return [ImageAxis(one, (round(float(one[-1, 2])), round(float(one[-1, 3])))) for one in boxes]


def _reach(axes: Sequence, length: int) -> np.ndarray:
    """`(batch, 1, length)`, true where the axis of an example has a label."""
    return (np.arange(length) < np.array([len(axis) for axis in axes])[:, None])[:, None]


def _text(text: Any) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
