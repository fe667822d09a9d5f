"""Rows of JSON files: one object per line, or one list of objects."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .lines import MAX_SHOWN, malformed_line


def read_json_rows(
    lines: Sequence[str], path: Path, types: Mapping[str, tuple[type, ...]], advice: str = ""
) -> Iterator[tuple[int, list[Any]]]:
    """Parse JSON lines, one object per line, or one list of objects. Blank lines are skipped.

    Args:
        lines: the lines of the file.
        path: the file, for error messages.
        types: the keys to read, with the exact types that their values may have.
        advice: what to do about an object without the keys.

    Yields:
        The number of a line, or of an object in a list, and the values of the keys.

    Raises:
        ValueError: malformed JSON, a line that is not an object with these keys and types, or a string that
            is not text: a lone surrogate cannot be encoded.
    """
    fields = " and ".join(
        f"{key!r} ({' or '.join(kind.__name__ for kind in kinds)})" for key, kinds in types.items()
    )
    for unit, number, row, source in _parse(lines, path):
        values = [row.get(key) for key in types] if isinstance(row, dict) else []
        are_valid = [_is_valid(value, types[key]) for key, value in zip(types, values, strict=False)]
        if not values or not all(are_valid):
            is_missing = isinstance(row, dict) and not types.keys() <= row.keys()
            expected = f"JSON objects with {fields}"
            received = repr(source[:MAX_SHOWN])
            raise malformed_line(expected, path, number, received, advice if is_missing else "", unit)
        for value in values:
            if isinstance(value, str) and not value.isascii():
                check_encodable(value, path, number, unit)
        yield number, values


def check_encodable(text: str, path: Path, number: int, unit: str = "line") -> None:
    """Raise a `ValueError` for a text with a lone surrogate, half of a character, which JSON can spell."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        received = f"the lone surrogate {text[error.start]!r}"
        advice = "Remove the escape sequence or write the whole character"
        raise malformed_line("characters", path, number, received, advice, unit) from error


def _parse(lines: Sequence[str], path: Path) -> Iterator[tuple[str, int, Any, str]]:
    """Yield for each row: the unit that numbers count, the number, the parsed JSON, and its source."""
    first = next((line for line in lines if line.strip()), "")
    if first.lstrip().startswith("["):
        try:
            rows = json.loads("\n".join(lines))
        except json.JSONDecodeError as error:
            raise malformed_line("a list of JSON objects", path, error.lineno, error.msg) from error
        for number, row in enumerate(rows, 1):
            yield "object", number, row, json.dumps(row)
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except json.JSONDecodeError:
                row = None
            yield "line", number, row, line


def _is_valid(value: Any, types: tuple[type, ...]) -> bool:
    return type(value) in types and not (isinstance(value, float) and math.isnan(value))
