"""Attention reports of the pipelines: examples, measures of the model and of baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...focus.evaluation.baselines import baseline_record
from ...focus.measures import entropy
from ...focus.records import describe_heads
from ...focus.report import MeasureTable, ReportExample, build_report

NUM_EXAMPLES = 20
BASELINES = ("uniform", "random")


class Measure(NamedTuple):
    """A measure of the attention in the first record of examples.

    description: definition of the measure and its best value.
    compute: function of examples; None if the measure is not defined for them.
    """

    description: str
    compute: Callable[[Sequence[ReportExample]], float | None]


def write_report(
    path: Path, examples: Sequence[ReportExample], title: str, measures: Mapping[str, Measure]
) -> bool:
    """Write a page of examples, with baselines and the measures of the model and of the baselines.

    Args:
        path: path of the page.
        examples: examples with the records of the model; the first record of each is measured.
        title: title of the page.
        measures: measures by name; `COMMON_MEASURES` are added.

    Returns:
        Whether there was an example; without one nothing is written.
    """
    if not examples:
        return False
    measures = {**measures, **COMMON_MEASURES}
    examples, values = add_baselines(examples, measures)
    heads = describe_heads(examples[0].records[0].weights.shape[1])
    notes = {
        name: f"{measure.description}; {heads}" if heads else measure.description
        for name, measure in measures.items()
    }
    path.write_text(build_report(examples, title, measures=values, notes=notes), encoding="utf-8")
    return True


def write_model_report(
    version: Path, examples: Sequence[ReportExample], title: str, measures: Mapping[str, Measure]
) -> None:
    """Write the page to the folder of an exported model and print its path, see `write_report`."""
    path = report_path(version)
    has_examples = write_report(path, examples, title, measures)
    print(f"report: {path}" if has_examples else "no report: all outputs are empty")


def report_path(version: Path) -> Path:
    """Return the path of the report of an exported model."""
    return version / "assets.extra" / "focus.html"


def add_baselines(
    examples: Sequence[ReportExample], measures: Mapping[str, Measure]
) -> tuple[list[ReportExample], MeasureTable]:
    """Add the records of the baselines and the measures to each example; measure all examples.

    Returns:
        The examples, and the measures over all of them: for each measure its value for `model` and for each
        baseline.
    """
    sources = _with_baselines(examples)
    completed = [
        replace(
            example,
            records=[*example.records, *(sources[name][index].records[0] for name in BASELINES)],
            measures=_compute({name: [rows[index]] for name, rows in sources.items()}, measures),
        )
        for index, example in enumerate(examples)
    ]
    return completed, _compute(sources, measures)


def measure_examples(examples: Sequence[ReportExample], measures: Mapping[str, Measure]) -> MeasureTable:
    """Compute the measures of the model and of the baselines over all examples."""
    return _compute(_with_baselines(examples), measures)


def _with_baselines(examples: Sequence[ReportExample]) -> dict[str, list[ReportExample]]:
    """Return the examples with the records of the model, and with those of each baseline."""
    sources = {"model": list(examples)}
    for name in BASELINES:
        rng = np.random.default_rng(0)
        sources[name] = [
            replace(example, records=[baseline_record(example.records[0], name, rng)]) for example in examples
        ]
    return sources


def _compute(
    sources: Mapping[str, Sequence[ReportExample]], measures: Mapping[str, Measure]
) -> dict[str, dict[str, float]]:
    """Compute each measure of each source of attention; leave undefined values out."""
    table = {}
    for name, measure in measures.items():
        values = {source: measure.compute(examples) for source, examples in sources.items()}
        defined = {source: value for source, value in values.items() if value is not None}
        if defined:
            table[name] = defined
    return table


def primary_weights(example: ReportExample) -> np.ndarray:
    """Return the measured weights `(queries, keys)`: the mean over the heads of the first record."""
    return example.records[0].weights[0].mean(axis=0)


def mean_over_examples(
    examples: Sequence[ReportExample], value: Callable[[ReportExample], np.ndarray]
) -> float | None:
    """Average a value per word over all words of all examples; None if there is no word."""
    values = np.concatenate([np.ravel(value(example)) for example in examples])
    return float(values.mean()) if len(values) else None


def _entropy_in_bits(example: ReportExample) -> np.ndarray:
    bits = entropy(primary_weights(example)) / np.log(2)
    return bits[np.isfinite(bits)]  # a word without attention has no entropy


def _gate(example: ReportExample) -> np.ndarray:
    gate = example.records[0].gate
    return np.array([]) if gate is None else gate


COMMON_MEASURES = {
    "entropy, in bits": Measure(
        "spread of the attention of a word; 0 if it lies on one key",
        lambda examples: mean_over_examples(examples, _entropy_in_bits),
    ),
    "gate": Measure(
        "0: attention alone; 1: memory, the model's own state, alone",
        lambda examples: mean_over_examples(examples, _gate),
    ),
}
