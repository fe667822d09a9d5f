"""Byte spans of quoted passages in a text."""

import re
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def locate_passages(text: bytes, passages: Iterable[bytes]) -> npt.NDArray[np.int32]:
    """Locate quoted passages in a text and return their byte spans.

    Args:
        text: UTF-8 bytes.
        passages: passages of the text. Any run of white space matches any other.

    Returns:
        Spans `(start, end)` in bytes, shape `(spans, 2)`, int32, sorted and without overlap:
        overlapping passages are merged. A passage that occurs more than once gives its first
        occurrence. A passage that does not occur gives no span.

    Example:
        >>> locate_passages(b"no plot,\\nno end : dull .", [b"dull .", b"plot, no"]).tolist()
        [[3, 11], [18, 24]]
    """
    matches = [match.span() for passage in passages if (match := _search(passage, text))]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(matches):
        if spans and start < spans[-1][1]:
            first, last = spans.pop()
            start, end = first, max(last, end)
        spans.append((start, end))
    return np.array(spans, np.int32).reshape(-1, 2)


def _search(passage: bytes, text: bytes) -> re.Match[bytes] | None:
    words = passage.split()
    return re.search(rb"\s+".join(map(re.escape, words)), text) if words else None
