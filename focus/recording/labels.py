"""Labels of the axes of recorded attention, from the tokens of the inputs."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...layers.functional.tensor import TensorTree
from ..records.axes import Axis, ImageAxis, TextAxis, label_axes
from ..records.focus_record import FocusRecord

# Axes of the examples, and the length of the input that they label; None where it has none.
Candidate = tuple[Sequence[Axis], int | None]


def label_records(records: Sequence[FocusRecord], labels: Any, inputs: TensorTree) -> list[FocusRecord]:
    """Label the axes of records that have the length of a labelled input.

    Args:
        records: records of the inputs.
        labels: as in `record`.
        inputs: the inputs of the model.

    Returns:
        Labelled records. An axis of another length than every labelled input has no labels.

    Raises:
        ValueError: if the labels do not match the inputs, no axis has their length, or two differently
            labelled inputs have the length of an axis.
    """
    num_examples = len(_named_inputs(inputs)[0][1])
    candidates = [
        _candidate(name, values, length, num_examples) for name, values, length in _by_input(labels, inputs)
    ]
    labelled = [focus if len(focus) != num_examples else _label(focus, candidates) for focus in records]
    if all(focus.queries is None and focus.keys is None for focus in labelled):
        raise ValueError(
            "`labels` must have the length of an axis of the attention weights. Received: "
            f"{[_describe(axes, length) for axes, length in candidates]}; weights of shapes (batch, heads, "
            f"queries, keys) { {focus.layer: focus.weights.shape for focus in records} }. "
            "Label a record by `FocusRecord.with_labels`"
        )
    return labelled


def _named_inputs(inputs: TensorTree) -> list[tuple[Any, Any]]:
    """Pairs of the name, or the position, and the array of each input."""
    if isinstance(inputs, Mapping):
        return list(inputs.items())
    return list(enumerate(inputs)) if isinstance(inputs, list | tuple) else [(0, inputs)]


def _by_input(labels: Any, inputs: TensorTree) -> list[tuple[str, Any, int | None]]:
    """Description, labels and length of each labelled input."""
    named = dict(_named_inputs(inputs))
    if isinstance(labels, Mapping):
        by_name = labels
    elif _depth(labels) > 2:
        by_name = dict(enumerate(labels))
    else:
        return [("`labels`", labels, _common_length(labels, list(named.values())))]
    if not by_name.keys() <= named.keys():
        raise ValueError(
            "`labels` must be those of the examples, or have the structure of `inputs`. "
            f"Received: labels of inputs {list(by_name)}; the inputs are {list(named)}"
        )
    lengths = {name: array.shape[1] if array.ndim > 1 else None for name, array in named.items()}
    return [
        (f"`labels[{name!r}]`", values, lengths[name])
        for name, values in by_name.items()
        if values is not None
    ]


def _depth(labels: Any) -> int:
    """Depth of nested labels: 1 for the tokens of one example or their axis."""
    if isinstance(labels, TextAxis | ImageAxis):
        return 1
    if hasattr(labels, "ndim"):
        return int(labels.ndim)
    return 1 + max(map(_depth, labels), default=0) if isinstance(labels, list | tuple) else 0


def _common_length(labels: Any, arrays: Sequence[Any]) -> int | None:
    """The length of the inputs `(batch, length)` or `(batch, length, dim)` that may hold all labels."""
    longest = max(map(len, labels), default=0) if _depth(labels) > 1 else 0
    lengths = {array.shape[1] for array in arrays if array.ndim in (2, 3)}
    fitting = {length for length in lengths if length >= longest}
    if len(fitting) > 1:
        raise ValueError(
            "`labels` must have the structure of `inputs`, where these have different lengths. "
            f"Received: labels of the examples alone, inputs of lengths {sorted(lengths)}"
        )
    return fitting.pop() if fitting else max(lengths, default=None)


def _candidate(name: str, labels: Any, length: int | None, num_examples: int) -> Candidate:
    is_nested = _depth(labels) == 2
    if not is_nested or len(labels) != num_examples:
        received = f"labels of {len(labels)} examples" if is_nested else f"{labels!r:.80}"
        raise ValueError(
            f"{name} must be a list of the tokens of each of {num_examples} examples. Received: {received}"
        )
    axes = label_axes(labels)
    longest = max(len(axis) for axis in axes)
    if length is not None and isinstance(axes[0], TextAxis) and longest > length:
        raise ValueError(
            f"{name} must have at most {length} tokens for each example, the length of the input. "
            f"Received: {longest} tokens"
        )
    return axes, length


def _label(focus: FocusRecord, candidates: Sequence[Candidate]) -> FocusRecord:
    queries, keys = (_axes_of_length(focus, length, candidates) for length in focus.weights.shape[2:])
    return focus.with_labels(queries, keys)


def _axes_of_length(focus: FocusRecord, size: int, candidates: Sequence[Candidate]) -> Sequence[Axis] | None:
    """The axes of the input that has the length of an axis of the weights; None without one."""
    fitting = [axes for axes, length in candidates if _fits(axes, length, size)]
    if any([axis.labels for axis in axes] != [axis.labels for axis in fitting[0]] for axes in fitting):
        raise ValueError(
            "`labels` must be those of inputs of different lengths. Received: several inputs of the length "
            f"{size} of an axis of {focus.layer!r}. Pad them to different lengths, or label each record by "
            "`FocusRecord.with_labels`"
        )
    return fitting[0] if fitting else None


def _fits(axes: Sequence[Axis], length: int | None, size: int) -> bool:
    if isinstance(axes[0], ImageAxis):
        return all(len(axis) == size for axis in axes)
    return size == length if length is not None else size >= max(map(len, axes))


def _describe(axes: Sequence[Axis], length: int | None) -> str:
    longest = max(map(len, axes))
    if isinstance(axes[0], ImageAxis):
        return f"{longest} regions"
    return f"at most {longest} tokens" + ("" if length is None else f" in an input of length {length}")
