"""Word-level focus records from the outputs of the `explain` signature for one example."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...focus.records import FocusRecord, ImageAxis, Spans, TextAxis, word_spans, words_from_pieces

END_MARK = "[END]"
ONE_SPAN = [(0, 1)]  # the only query of pooling attention
ExampleOutputs = dict[str, Any]  # outputs for one example, by name: arrays, numbers, bytes


def translation_records(outputs: ExampleOutputs, source: TextAxis, target: TextAxis) -> list[FocusRecord]:
    """Build a record for each decoder block; the exported block comes first.

    Args:
        outputs: of the `explain` signature of a translator.
        source: words of the source, with its text. The keys end with `END_MARK`, which holds the attention
            outside of all words.
        target: words of the translation.
    """
    text = source.text or ""
    end = len(text.encode())
    keys = TextAxis([*source.labels, END_MARK], np.vstack([source.offsets, [(end, end)]]), text)
    offsets = (outputs["source_offsets"], outputs["target_offsets"], source.offsets, target.offsets)
    blocks = np.moveaxis(outputs["attention_heads"], 0, 2)  # (blocks, heads, target, source)
    gates = np.moveaxis(outputs["gate_heads"], 0, 2)  # (blocks, heads, target)
    records = []
    for index, (heads, gate) in enumerate(zip(blocks, gates, strict=True)):
        weights = word_weights(heads, *offsets)
        remainder = np.clip(1 - weights.sum(axis=-1, keepdims=True), 0, 1)
        gate = word_gate(gate, outputs["target_offsets"], target.offsets)
        records.append(
            FocusRecord(
                f"decoder block {index + 1}, source attention",
                np.concatenate([weights, remainder], axis=-1)[None],
                gate=None if gate is None else gate[None],
                queries=[target],
                keys=[keys],
            )
        )
    return exported_layer_first(records, blocks, outputs["attention"])


def caption_records(outputs: ExampleOutputs, words: TextAxis, cells: ImageAxis) -> list[FocusRecord]:
    """Build a record for each decoder layer; the layer of the exported attention comes first.

    Args:
        outputs: of the `explain` signature of a captioner.
        words: words of the caption.
        cells: cells of the image, in row-major order.
    """
    heads = outputs["attention_heads"]
    layers = np.moveaxis(heads.reshape(*heads.shape[:3], -1), 0, 2)  # (layers, heads, tokens, cells)
    gates = np.moveaxis(outputs["gate_heads"], 0, 2)
    cell_spans = [(index, index + 1) for index in range(len(cells))]
    offsets = outputs["target_offsets"]
    records = []
    for index, (weights, gate) in enumerate(zip(layers, gates, strict=True)):
        gate_of_words = word_gate(gate, offsets, words.offsets)
        records.append(
            FocusRecord(
                f"decoder layer {index + 1}, attention to the image",
                word_weights(weights, cell_spans, offsets, cell_spans, words.offsets)[None],
                gate=None if gate_of_words is None else gate_of_words[None],
                queries=[words],
                keys=[cells],
            )
        )
    attention = outputs["attention"]
    return exported_layer_first(records, layers, attention.reshape(len(attention), -1))


def words_read(outputs: ExampleOutputs, text: str) -> TextAxis:
    """Return the words of a text up to its truncation."""
    labels, spans = word_spans(text.encode()[: outputs["bytes_read"]].decode(errors="ignore"))
    return TextAxis(labels, np.asarray(spans).reshape(-1, 2), text)


def label_records(outputs: ExampleOutputs, words: TextAxis) -> list[FocusRecord]:
    """Build the record of word attention, and of sentence attention for a hierarchical model.

    Args:
        outputs: of the `explain` signature of a classifier.
        words: words of the text, see `words_read`.

    Returns:
        Records with a single query, the label with its probability.
    """
    prediction = TextAxis([f"{outputs['label'].decode()} {outputs['score']:.0%}"], np.zeros((1, 2)))
    heads = outputs["attention_heads"][:, None]  # (heads, 1, tokens)
    weights = word_weights(heads, outputs["source_offsets"], ONE_SPAN, words.offsets, ONE_SPAN)
    gate = outputs["gate_heads"][None, :, None]
    gate = gate if gate.any() else None
    records = [FocusRecord("label, word attention", weights[None], None, gate, [prediction], [words])]
    if "sentence_attention" in outputs:
        records.append(_sentence_record(outputs, words.text or "", prediction))
    return records


def word_weights(
    weights: np.ndarray,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans,
    target_words: Spans,
) -> np.ndarray:
    """Aggregate weights `(heads, target tokens, source tokens)` to words, see `words_from_pieces`.

    Returns:
        `(heads, target words, source words)`.
    """
    spans = (source_offsets, target_offsets, source_words, target_words)
    return np.stack([words_from_pieces(head, *spans) for head in weights])


def word_gate(gate: np.ndarray, offsets: Spans, words: Spans) -> np.ndarray | None:
    """Average a gate `(heads, tokens)` over the tokens of each word; None if it is zero everywhere.

    A gate of zeros is the output of a model without a gate.
    """
    if not gate.any():
        return None
    single = [(0, 1)]
    return word_weights(gate[..., None], single, offsets, single, words)[..., 0]


def exported_layer_first(
    records: Sequence[FocusRecord], layers: np.ndarray, attention: np.ndarray
) -> list[FocusRecord]:
    """Move the record of the layer whose mean over heads is the exported attention to the front.

    Args:
        records: one record per layer.
        layers: weights `(num_layers, num_heads, target, source)`, outputs of the signature.
        attention: `(target, source)`, output of the signature.
    """
    distances = np.abs(layers.mean(axis=1) - attention).sum(axis=(1, 2))
    first = int(distances.argmin())
    return [records[first], *records[:first], *records[first + 1 :]]


def _sentence_record(outputs: ExampleOutputs, text: str, prediction: TextAxis) -> FocusRecord:
    is_used = np.diff(outputs["sentence_offsets"], axis=1)[:, 0] > 0
    offsets, encoded = outputs["sentence_offsets"][is_used], text.encode()
    sentences = [encoded[start:end].decode(errors="replace") for start, end in offsets]
    weights = outputs["sentence_attention"][is_used][None, None, None]
    keys = TextAxis(sentences, offsets, text)
    return FocusRecord("label, sentence attention", weights, None, None, [prediction], [keys])
