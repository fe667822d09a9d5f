"""Example and word that a report opens with."""

from collections.abc import Collection, Sequence

from ..records.axes import Axis, TextAxis
from .example import ReportExample


def opening_example(examples: Sequence[ReportExample]) -> int:
    """Select the first example with gold annotation, or the first one.

    Args:
        examples: the examples of a report.

    Returns:
        The position of the example.
    """
    with_gold = (index for index, example in enumerate(examples) if example.gold or example.boxes)
    return next(with_gold, 0)


def opening_query(axis: Axis | None, annotated: Collection[int]) -> int:
    """Select the longest word with gold annotation; without gold the longest word.

    Long words tend to be content words: words such as *of* and *the* are short in most languages. Only
    letters count, and marks such as an end of sentence are left out.

    Args:
        axis: the queries of a layer; None without labels.
        annotated: the positions of the queries with gold annotation.

    Returns:
        The position of the query.

    Example:
        >>> axis = TextAxis.from_tokens(["a", "photograph", "of", "two", "dogs"])
        >>> opening_query(axis, annotated=[3, 4]), opening_query(axis, annotated=[])
        (4, 1)
    """
    if not isinstance(axis, TextAxis):
        return min(annotated, default=0)
    is_text = [bool(end > start) for start, end in axis.offsets]
    lengths = [
        is_text * sum(map(str.isalpha, label)) for is_text, label in zip(is_text, axis.labels, strict=True)
    ]
    return max(sorted(annotated) or range(len(axis)), key=lambda position: lengths[position])
