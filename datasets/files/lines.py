"""Lines of UTF-8 text files, and their rows: CSV, tab-separated values, JSON lines."""

import codecs
import csv
import gzip
import json
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

GZIP_HEADER = b"\x1f\x8b"
MAX_SHOWN = 80  # characters of a malformed line in an error message


def names_file(data: str, suffixes: Collection[str]) -> bool:
    """Return if `data` names a file: it has one of the suffixes, or the file exists."""
    path = Path(data).expanduser()
    return bool(set(suffixes) & set(path.suffixes)) or path.is_file()


def resolve_split_path(data: str, split: str) -> Path:
    """Return the file of a split; `{split}` in `data` stands for its name.

    Raises:
        FileNotFoundError: the file does not exist.
    """
    path = Path(data.replace("{split}", split)).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"`data` must name an existing file. Received: data={data!r}, no file {path}")
    return path


def read_lines(path: str | PathLike) -> list[str]:
    """Read the lines of a UTF-8 file, gzipped or not.

    Only a line feed ends a line, with or without a carriage return before it. A byte order mark at
    the start of the file is removed.

    Args:
        path: the file.

    Returns:
        The lines without their ends.

    Raises:
        ValueError: a truncated gzip file, or a line that is not UTF-8.
    """
    content = Path(path).read_bytes()
    if content.startswith(GZIP_HEADER):
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"`data` must be a complete gzip file. Received: {path} ({error})") from error
    content = content.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n")
    lines = content.split(b"\n") if content else []
    return [_decode(line, path, number) for number, line in enumerate(lines, 1)]


def read_nonempty_lines(path: str | PathLike) -> list[str]:
    """Read the lines of a file as `read_lines` does; raise a `ValueError` where all are blank."""
    lines = read_lines(path)
    if not any(line.strip() for line in lines):
        raise ValueError(f"`data` must contain examples. Received: an empty file {path}")
    return lines


def check_equal_lengths(columns: Mapping[str, Sequence[str]], name: str) -> None:
    """Raise a `ValueError` when the columns of lines differ in length."""
    counts = {column: len(lines) for column, lines in columns.items()}
    if len(set(counts.values())) > 1:
        received = ", ".join(f"{count} lines of {column}" for column, count in counts.items())
        raise ValueError(
            f"`data` must have equally many lines for both languages of {name}. Received: {received}"
        )


def read_csv_rows(lines: Sequence[str], path: Path, **dialect: Any) -> Iterator[tuple[int, list[str]]]:
    """Parse comma-separated values; quotes may hold commas and line breaks.

    Args:
        lines: the lines of the file.
        path: the file, for error messages.
        **dialect: options of `csv.reader`.

    Yields:
        The number of the last line of a row, and its cells.

    Raises:
        ValueError: malformed quotes, where `strict=True`.
    """
    reader = csv.reader((f"{line}\n" for line in lines), **dialect)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise malformed_line("comma-separated values", path, reader.line_num, str(error)) from error


def read_tsv_rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    """Split lines at tabs and yield the number and the cells of each; quotes are characters."""
    return ((number, line.split("\t")) for number, line in enumerate(lines, 1))


def read_json_rows(
    lines: Sequence[str], path: Path, types: Mapping[str, tuple[type, ...]]
) -> Iterator[tuple[int, list[Any]]]:
    """Parse JSON lines, one object per line.

    Args:
        lines: the lines of the file.
        path: the file, for error messages.
        types: the keys to read, with the exact types that their values may have.

    Yields:
        The number of a line, and the values of the keys.

    Raises:
        ValueError: a line that is not an object with these keys and types.
    """
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            values = [row[key] for key in types]
        except (json.JSONDecodeError, KeyError, TypeError):
            values = []
        if not values or any(type(value) not in types[key] for key, value in zip(types, values, strict=True)):
            fields = " and ".join(
                f"{key!r} ({' or '.join(kind.__name__ for kind in kinds)})" for key, kinds in types.items()
            )
            raise malformed_line(f"JSON objects with {fields}", path, number, repr(line[:MAX_SHOWN]))
        yield number, values


def malformed_line(expected: str, path: Path, number: int, received: str) -> ValueError:
    """Make the error about a malformed line of a file."""
    return ValueError(f"`data` must contain {expected}. Received: {received} (line {number} of {path})")


def _decode(line: bytes, path: str | PathLike, number: int) -> str:
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise malformed_line("UTF-8", Path(path), number, repr(line[:MAX_SHOWN])) from error
