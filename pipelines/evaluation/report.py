"""The reports of the pipelines: a few examples, what was looked at, and measures beside controls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...focus.measures import entropy
from ...focus.records.alignment import Spans, words_from_pieces
from ...focus.records.focus_record import FocusRecord
from ...focus.report import MeasureTable, ReportExample, build_report

NUM_EXAMPLES = 20


class Measure(NamedTuple):
    """A number of what examples looked at in their first record; None where it has none.

    note: what it means, and which way is better.
    """

    note: str
    of: Callable[[Sequence[ReportExample]], float | None]


def write_report(
    path: Path, examples: Sequence[ReportExample], title: str, measures: Mapping[str, Measure]
) -> bool:
    """Write the page of some examples, with controls, and with every measure of all of them.

    Args:
        path: of the page.
        examples: with the model's own records; the first one of each is measured.
        title: what this is about.
        measures: by name; those of `COMMON_MEASURES` are added.

    Returns:
        Whether there was an example to show.
    """
    if not examples:
        return False
    asked = {**measures, **COMMON_MEASURES}
    shown, numbers = beside_controls(examples, asked)
    notes = {name: measure.note for name, measure in asked.items()}
    path.write_text(build_report(shown, title, numbers, notes), encoding="utf-8")
    return True


def write_model_report(
    version: Path, examples: Sequence[ReportExample], title: str, measures: Mapping[str, Measure]
) -> None:
    """Write the page into the folder of an exported model, and print where it lies: see `write_report`."""
    path = version / "assets.extra" / "focus.html"
    written = write_report(path, examples, title, measures)
    print(f"report: {path}" if written else "no report: every answer is empty")


def beside_controls(
    examples: Sequence[ReportExample], measures: Mapping[str, Measure]
) -> tuple[list[ReportExample], MeasureTable]:
    """The examples with numbers and with records of controls, and the numbers of all together."""
    looked = _with_controls(examples)
    controls = [looked[name] for name in BASELINES]
    finished = [
        replace(
            example,
            records=[*example.records, *(control[place].records[0] for control in controls)],
            measures=_numbers({who: [seen[place]] for who, seen in looked.items()}, measures),
        )
        for place, example in enumerate(examples)
    ]
    return finished, _numbers(looked, measures)


def measure_examples(examples: Sequence[ReportExample], measures: Mapping[str, Measure]) -> MeasureTable:
    """The numbers of all examples together, and those of the controls."""
    return _numbers(_with_controls(examples), measures)


def _with_controls(examples: Sequence[ReportExample]) -> dict[str, list[ReportExample]]:
    """Who looked: the model, and each control at the same examples."""
    looked = {"model": list(examples)}
    for name, make in BASELINES.items():
        rng = np.random.default_rng(0)
        looked[name] = [
            replace(example, records=[_control(name, make, rng, example.records[0])]) for example in examples
        ]
    return looked


def _numbers(looked: Mapping[str, list[ReportExample]], measures: Mapping[str, Measure]) -> MeasureTable:
    """Every measure of all who looked, as far as they have one."""
    told = {name: {who: one.of(seen) for who, seen in looked.items()} for name, one in measures.items()}
    known = {name: {who: v for who, v in one.items() if v is not None} for name, one in told.items()}
    return {name: one for name, one in known.items() if one}


def word_weights(
    weights: np.ndarray,
    source_offsets: Spans,
    target_offsets: Spans,
    source_words: Spans,
    target_words: Spans,
) -> np.ndarray:
    """Weights `(heads, target pieces, source pieces)` of each head between words, see `words_from_pieces`."""
    places = (source_offsets, target_offsets, source_words, target_words)
    return np.stack([words_from_pieces(one, *places) for one in weights])


def word_gate(gate: np.ndarray, offsets: Spans, words: Spans) -> np.ndarray | None:
    """The gate `(heads, pieces)` of each word; None where it is closed everywhere: there is none."""
    whole = [(0, 1)]
    return word_weights(gate[..., None], whole, offsets, whole, words)[..., 0] if gate.any() else None


def exported_layer_first(
    records: Sequence[FocusRecord], blocks: np.ndarray, attention: np.ndarray
) -> list[FocusRecord]:
    """The records of blocks, that of the block whose heads' mean is the attention that is told first.

    Args:
        records: one for each block.
        blocks: weights `(blocks, heads, target, source)`, as the signature tells them.
        attention: `(target, source)`, likewise.
    """
    first = int(np.abs(blocks.mean(axis=1) - attention).sum(axis=(1, 2)).argmin())
    return [records[first], *records[:first], *records[first + 1 :]]


def primary_weights(example: ReportExample) -> np.ndarray:
    """What is measured: the weights `(queries, keys)` of the first record, the mean of its heads."""
    return example.records[0].weights[0].mean(axis=0)


def mean_over_examples(
    examples: Sequence[ReportExample], value: Callable[[ReportExample], np.ndarray]
) -> float | None:
    """The mean of the numbers of all words of all examples; None where there is none."""
    numbers = np.concatenate([np.ravel(value(example)) for example in examples])
    return float(numbers.mean()) if len(numbers) else None


def _entropy(example: ReportExample) -> np.ndarray:
    bits = entropy(primary_weights(example)) / np.log(2)
    return bits[np.isfinite(bits)]  # a word that looked nowhere has none


def _gate(example: ReportExample) -> np.ndarray:
    gate = example.records[0].gate
    return np.array([]) if gate is None else gate


def _control(name: str, make: Callable, rng: np.random.Generator, record: FocusRecord) -> FocusRecord:
    weights = make(rng, record.weights[:, :1].shape)
    weights /= weights.sum(axis=-1, keepdims=True)
    return replace(record, layer=f"control: {name}", weights=weights, mask=None, gate=None)


BASELINES = {
    "uniform": lambda rng, shape: np.ones(shape),
    "random": lambda rng, shape: rng.standard_exponential(shape),
}
COMMON_MEASURES = {
    "entropy, in bits": Measure(
        "how widely a word looks; 0 is at one place alone", lambda e: mean_over_examples(e, _entropy)
    ),
    "gate": Measure(
        "how far a word relied on what was known without looking", lambda e: mean_over_examples(e, _gate)
    ),
}
