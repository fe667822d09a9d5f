"""Window of a report: the heads, queries and keys of each record that the page shows."""

import bisect
from collections.abc import Sequence
from typing import NamedTuple

from ..records.axes import ImageAxis
from ..records.focus_record import FocusRecord

MAX_BYTES = 19_000_000  # of all weights and labels; the rest of a page of text takes less than 0.1 MB


class Window(NamedTuple):
    """Heads, queries and keys of a record that the page shows.

    Attributes:
        heads: positions of the heads.
        queries: positions of the queries.
        keys: positions of the keys.
        note: sentence for the reader, if they are not all.
    """

    heads: Sequence[int]
    queries: range
    keys: range
    note: str = ""


def select_windows(
    records: Sequence[FocusRecord],
    heads: Sequence[int] | None = None,
    queries: range | None = None,
    keys: range | None = None,
    max_bytes: int = MAX_BYTES,
) -> list[Window]:
    """Select what a page shows of each record, so that its weights and labels fit.

    Where more is selected than fits, each record keeps the first of its queries, as many of each as fit.

    Args:
        records: the records of all examples, each of one example.
        heads: positions of the heads, counted from 0; `None` for all.
        queries: positions of the queries, such as `range(100, 200)`; those behind the end of an example are
            left out. `None` for all.
        keys: the same for the keys.
        max_bytes: bytes of the weights and labels in the page.

    Returns:
        A window for each record.

    Raises:
        ValueError: if a record has no such head, query or key, or the keys to select from are image regions.

    Example:
        >>> focus = FocusRecord("attention", np.full((1, 2, 3, 4), 0.25))
        >>> [window] = select_windows([focus], heads=[1], queries=range(1, 9))
        >>> window.queries, window.note
        (range(1, 3), 'Of this layer the page shows head 2 of 2, queries 2 to 3 of 3.')
    """
    windows = [
        Window(
            _select_heads(heads, record),
            _select_positions("queries", queries, record.weights.shape[2], record),
            _select_positions("keys", keys, record.weights.shape[3], record),
        )
        for record in records
    ]

    def page_bytes(max_queries: int) -> float:
        return sum(_encoded_bytes(_with_first_queries(window, max_queries)) for window in windows)

    longest = max((len(window.queries) for window in windows), default=0)
    max_queries = max(1, bisect.bisect_right(range(longest + 1), max_bytes, key=page_bytes) - 1)
    reason = ""
    if max_queries < longest:
        reason = (
            f" All that was selected would take {page_bytes(longest) / 1e6:,.0f} MB; the arguments heads, "
            "queries and keys select others."
        )
    shown = [_with_first_queries(window, max_queries) for window in windows]
    return [
        window._replace(note=_describe(window, record, reason))
        for window, record in zip(shown, records, strict=True)
    ]


def _select_heads(heads: Sequence[int] | None, record: FocusRecord) -> Sequence[int]:
    num_heads = record.weights.shape[1]
    if heads is None:
        return range(num_heads)
    if not heads or not all(0 <= head < num_heads for head in heads):
        raise ValueError(
            f"`heads` must be positions of the {num_heads} heads of {record.layer!r}. Received: heads={heads}"
        )
    return sorted(set(heads))


def _select_positions(name: str, positions: range | None, length: int, record: FocusRecord) -> range:
    if positions is None:
        return range(length)
    selected = range(length)[max(0, positions.start) : max(0, positions.stop)]
    if positions.start < 0 or positions.step != 1 or not selected:
        raise ValueError(
            f"`{name}` must be a range of step 1 of the {length} {name} of {record.layer!r}. "
            f"Received: {name}={positions}"
        )
    if name == "keys" and record.keys and isinstance(record.keys[0], ImageAxis):
        raise ValueError(
            f"`keys` must be None for the image regions of {record.layer!r}. Received: keys={positions}"
        )
    return selected


def _with_first_queries(window: Window, max_queries: int) -> Window:
    return window._replace(queries=window.queries[:max_queries])


def _encoded_bytes(window: Window) -> float:
    """The bytes of a row are those of its weights in base 64 and of its maximum; labels have 16 each."""
    rows, columns = len(window.heads) * len(window.queries), len(window.keys)
    return rows * (4 / 3 * columns + 12) + 16 * (len(window.queries) + columns)


def _describe(window: Window, record: FocusRecord, reason: str) -> str:
    num_heads, num_queries, num_keys = record.weights.shape[1:]
    parts = []
    if len(window.heads) < num_heads:
        name = "head" if len(window.heads) == 1 else "heads"
        parts.append(f"{name} {', '.join(str(head + 1) for head in window.heads)} of {num_heads}")
    for name, positions, length in (
        ("queries", window.queries, num_queries), ("keys", window.keys, num_keys)
    ):  # fmt: skip
        if len(positions) < length:
            parts.append(f"{name} {positions.start + 1:,} to {positions.stop:,} of {length:,}")
    if not parts:
        return ""
    rest = " Weights on the other keys are left out." if len(window.keys) < num_keys else ""
    reason = reason if len(window.queries) < num_queries else ""
    return f"Of this layer the page shows {', '.join(parts)}.{rest}{reason}"
