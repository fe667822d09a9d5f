"""Focus records from the `explain` signature of an exported SavedModel."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .axes import Axis, ImageAxis, TextAxis
from .focus_record import FocusRecord

PAD = "[PAD]"


def records_from_signature(
    outputs: Mapping[str, npt.ArrayLike], texts: Sequence[str] | None = None
) -> list[FocusRecord]:
    """Build focus records from the outputs of a pipeline's `explain` signature.

    - translation: a record for each block, with target tokens as queries and source tokens as keys;
    - captioning: the same, with image regions as keys;
    - sentiment: one record with a single query, the decision; a hierarchical model has a second record,
      whose keys are the sentences.

    Args:
        outputs: arrays or tensors by name, `(batch, ...)`.
        texts: the input texts, for the source axes.

    Returns:
        Records with axes. Positions behind the end of an axis are padding, and masked.

    Raises:
        ValueError: if the outputs hold no attention, or the number of texts is not that of the rows.

    Example:
        >>> outputs = {"attention": [[0.9, 0.1]], "gate": [0.2], "source_tokens": [[b"not", b"bad"]],
        ...           "source_offsets": [[(0, 3), (4, 7)]]}
        >>> [focus] = records_from_signature(outputs, ["not bad"])
        >>> focus.weights.shape, focus.keys[0].labels
        ((1, 1, 1, 2), ['not', 'bad'])
    """
    arrays = {name: np.asarray(value) for name, value in outputs.items()}
    if "attention" not in arrays:
        raise ValueError(
            f"`outputs` must be those of an `explain` signature. Received: outputs={sorted(arrays)}"
        )
    if texts is not None and len(texts) != len(arrays["attention"]):
        raise ValueError(
            f"`texts` must have a text for each of {len(arrays['attention'])} rows. "
            f"Received: len(texts)={len(texts)}"
        )
    if "target_offsets" not in arrays:
        return _classification_records(arrays, texts)
    weights, gates = arrays["attention_heads"], arrays["gate_heads"]
    weights = weights.reshape(*weights.shape[:4], -1)  # image regions in row-major order
    queries = _text_axes(arrays, "target", arrays["text"].tolist())
    keys = _image_axes(arrays["regions"]) if "regions" in arrays else _text_axes(arrays, "source", texts)
    query_mask = _padding_mask(queries, weights.shape[1])
    key_mask = _padding_mask(keys, weights.shape[-1])
    return [
        FocusRecord(
            layer=f"block_{block + 1}",
            weights=weights[:, :, block].swapaxes(1, 2),
            mask=query_mask[..., None] & key_mask[:, None],
            gate=gates[:, :, block].swapaxes(1, 2),
            queries=queries,
            keys=keys,
        )
        for block in range(weights.shape[2])
    ]


def _classification_records(outputs: dict[str, np.ndarray], texts: Sequence[str] | None) -> list[FocusRecord]:
    """Records of the attention over words, and over sentences if there is one."""
    words = _text_axes(outputs, "source", texts)
    heads = outputs.get("attention_heads", outputs["attention"][:, None])  # (batch, heads, keys)
    gates = outputs.get("gate_heads", outputs["gate"][:, None])
    records = [_single_query_record("attention", heads, words, gates[..., None])]
    if "sentence_attention" in outputs:
        sentences = _sentence_axes(outputs["sentence_offsets"], texts)
        weights = outputs["sentence_attention"][:, None]
        records.append(_single_query_record("sentence_attention", weights, sentences))
    return records


def _single_query_record(
    layer: str, weights: np.ndarray, keys: list[TextAxis], gate: np.ndarray | None = None
) -> FocusRecord:
    mask = _padding_mask(keys, weights.shape[-1])[:, None]
    return FocusRecord(layer, weights[:, :, None], mask, gate, keys=keys)


def _text_axes(
    outputs: dict[str, np.ndarray], side: str, texts: Sequence[str | bytes] | None
) -> list[TextAxis]:
    tokens, offsets = outputs[f"{side}_tokens"], outputs[f"{side}_offsets"]
    axes = []
    for index, (row, spans) in enumerate(zip(tokens.tolist(), offsets, strict=True)):
        labels = [_decode(token) for token in row]
        while labels and labels[-1] == PAD:
            labels.pop()
        text = None if texts is None else _decode(texts[index])
        axes.append(TextAxis(labels, spans[: len(labels)], text))
    return axes


def _sentence_axes(offsets: np.ndarray, texts: Sequence[str | bytes] | None) -> list[TextAxis]:
    """Axes labelled by the sentences, or by their numbers without texts. Trailing empty spans are padding."""
    axes = []
    for index, spans in enumerate(offsets):
        spans = spans[: np.max(np.flatnonzero(spans[:, 1] > spans[:, 0]), initial=-1) + 1]
        text = None if texts is None else _decode(texts[index])
        labels = [str(number + 1) for number in range(len(spans))]
        if text is not None:
            labels = [text.encode()[start:end].decode(errors="replace") for start, end in spans]
        axes.append(TextAxis(labels, spans, text))
    return axes


def _image_axes(regions: np.ndarray) -> list[ImageAxis]:
    """Axes of regions `(batch, rows, columns, 4)`; the last region ends at the edges of the image."""
    boxes = regions.reshape(len(regions), -1, 4)
    return [
        ImageAxis(example, (round(float(example[-1, 2])), round(float(example[-1, 3])))) for example in boxes
    ]


def _padding_mask(axes: Sequence[Axis], length: int) -> np.ndarray:
    """`(batch, 1, length)`, true where the axis of an example has a label."""
    return (np.arange(length) < np.array([len(axis) for axis in axes])[:, None])[:, None]


def _decode(text: str | bytes) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)
