"""Where in a text a quoted passage stands."""

import re
from collections.abc import Iterable

import numpy as np


def locate_passages(text: bytes, passages: Iterable[bytes]) -> np.ndarray:
    """From which to which byte of a text each of its passages goes.

    Args:
        text: UTF-8 bytes.
        passages: parts of it, in which any white space may stand for any other.

    Returns:
        Spans `(start, end)`, shape `(spans, 2)`, int32, in order and without overlap. A passage that
        comes more than once is taken where it comes first; one that is not there, nowhere.

    Example:

    >>> locate_passages(b"no plot,\\nno end : dull .", [b"dull .", b"plot, no"]).tolist()
    [[3, 11], [18, 24]]
    """
    found = [
        match.span()
        for passage in passages
        if passage.split() and (match := re.search(rb"\s+".join(map(re.escape, passage.split())), text))
    ]
    spans: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if spans and start < spans[-1][1]:
            first, last = spans.pop()
            start, end = first, max(last, end)
        spans.append((start, end))
    return np.array(spans, np.int32).reshape(-1, 2)
