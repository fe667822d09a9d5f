"""Tables in text files: columns between commas, semicolons or tabs, with or without a header."""

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from .lines import MAX_SHOWN, file_suffixes, malformed_line

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
MAX_FIELD_CHARACTERS = 2**31 - 1
NumberedRow = tuple[int, list[str]]  # number of its last line, and its cells


class Table(NamedTuple):
    """Columns of a table.

    rows: the number of the last line of each row, and its cells in the order of the names.
    has_header: whether the first line names the columns.
    """

    rows: list[NumberedRow]
    has_header: bool


def read_table(
    lines: Sequence[str],
    path: Path,
    names: Sequence[str],
    optional: Sequence[str] = (),
    *,
    needs_header: bool = False,
    advice: str = "",
    **dialect: Any,
) -> Table:
    """Select columns of a table: by the names in its first line, or by position where it has no others.

    The names may be in any order and case, and there may be other columns. The delimiter is the one that
    gives these columns: a comma or, in a .tsv, a tab; else a semicolon, comma or tab. Between commas and
    semicolons, quotes may hold delimiters and line breaks; between tabs, quotes are characters. Blank rows
    are skipped.

    Args:
        lines: the lines of the file.
        path: the file, for its suffix and for error messages.
        names: the columns.
        optional: columns that may be missing; their cells are then empty.
        needs_header: whether a table without a header is an error.
        advice: what to do about a table with other columns.
        **dialect: options of `csv.reader`.

    Returns:
        A `Table`.

    Raises:
        ValueError: other columns, a name that occurs twice, a malformed row, or no row.

    Example:
        >>> read_table(["Label;Id;Text", "good;1;Fine, thanks."], Path("texts.csv"), ("text", "label"))
        Table(rows=[(2, ['Fine, thanks.', 'good'])], has_header=True)
    """
    default = "\t" if ".tsv" in file_suffixes(path) else ","
    delimiters = [default, *(delimiter for delimiter in DELIMITERS if delimiter != default)]
    lines_from_first = lines[next(index for index, line in enumerate(lines) if line.strip()) :]
    headers = {delimiter: _read_header(lines_from_first, delimiter) for delimiter in delimiters}
    for delimiter, header in headers.items():
        if {name.lower() for name in names} <= set(header):
            rows = _read_rows(lines, path, delimiter, dialect)[1:]
            return Table(_select(rows, header, [*names, *optional], len(names), path, delimiter), True)
    if not needs_header:
        for delimiter, header in headers.items():
            if len(header) == len(names):
                rows = _read_rows(lines, path, delimiter, dialect)
                if all(len(cells) == len(names) for _, cells in rows):
                    return Table(rows, False)
        if len(headers[default]) == len(names):
            positions = [str(index) for index in range(len(names))]
            rows = _read_rows(lines, path, default, dialect)
            return Table(_select(rows, positions, positions, len(names), path, default), False)
    expected = " and ".join(names)
    if not needs_header:
        expected += f" in its first line, or {len(names)} columns without names"
    other = [name for delimiter, name in DELIMITERS.items() if len(headers[delimiter]) == len(names)]
    if len(headers[default]) == 1 and other and not needs_header:
        advice = (
            f"Between {DELIMITERS[default]} there is one column, between {other[0]} there are {len(names)}"
        )
    received = repr(lines_from_first[0][:MAX_SHOWN])
    raise ValueError(f"`data` must have columns named {expected}. Received: {received} in {path}. {advice}")


def read_csv_rows(
    lines: Sequence[str], path: Path, delimiter: str = ",", **dialect: Any
) -> list[NumberedRow]:
    """Parse delimited values of any length; quotes may hold delimiters and line breaks.

    Args:
        lines: the lines of the file.
        path: the file, for error messages.
        delimiter: the character between two values.
        **dialect: options of `csv.reader`.

    Returns:
        The number of the last line of each row, and its cells.

    Raises:
        ValueError: malformed quotes, where `strict=True`, or a carriage return outside of quotes.
    """
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter, **dialect)
    rows: list[NumberedRow] = []
    try:
        with _unlimited_fields():
            rows.extend((reader.line_num, cells) for cells in reader)
    except csv.Error as error:
        expected = f"values between {DELIMITERS[delimiter]}"
        if "unexpected end" in str(error):
            first_line = rows[-1][0] + 1 if rows else 1
            raise malformed_line(expected, path, first_line, "a quote that is not closed") from error
        message = "a carriage return outside of quotes" if "new-line" in str(error) else str(error)
        raise malformed_line(expected, path, reader.line_num, message) from error
    return rows


def read_tsv_rows(lines: Sequence[str]) -> Iterator[NumberedRow]:
    """Split lines at tabs and yield the number and the cells of each; quotes are characters."""
    return ((number, line.split("\t")) for number, line in enumerate(lines, 1))


@contextmanager
def _unlimited_fields() -> Iterator[None]:
    """Lift the limit of the csv module, 131,072 characters; it is global, so it is set back."""
    limit = csv.field_size_limit(MAX_FIELD_CHARACTERS)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _read_header(lines: Sequence[str], delimiter: str) -> list[str]:
    """Return the cells of the first row as names: in lower case, without spaces around them."""
    if delimiter == "\t":
        cells = lines[0].split(delimiter)
    else:
        with _unlimited_fields():
            cells = next(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter))
    return [cell.strip().lower() for cell in cells]


def _read_rows(
    lines: Sequence[str], path: Path, delimiter: str, dialect: dict[str, Any]
) -> list[NumberedRow]:
    """Return the rows that are not blank."""
    is_tsv = delimiter == "\t"
    rows = read_tsv_rows(lines) if is_tsv else read_csv_rows(lines, path, delimiter, **dialect)
    return [(number, cells) for number, cells in rows if any(cell.strip() for cell in cells)]


def _select(
    rows: Sequence[NumberedRow],
    header: Sequence[str],
    names: Sequence[str],
    num_required: int,
    path: Path,
    delimiter: str,
) -> list[NumberedRow]:
    """Select the columns of each row. Columns after the required ones may be missing in a row."""
    repeated = [name for name in names if header.count(name.lower()) > 1]
    if repeated:
        raise ValueError(
            f"`data` must have each column once. Received: {header.count(repeated[0].lower())} columns named "
            f"{repeated[0]} in {path}"
        )
    indices = [header.index(name.lower()) if name.lower() in header else None for name in names]
    num_cells = 1 + max(index for index in indices[:num_required] if index is not None)
    selected = []
    for number, cells in rows:
        if not num_cells <= len(cells) <= len(header):
            is_tsv = delimiter == "\t"
            advice = (
                "Quotes do not hold tabs or line breaks in a .tsv: save it as .csv"
                if is_tsv
                else f"Values that contain {DELIMITERS[delimiter]} need quotes"
            )
            expected, received = f"{len(header)} columns", f"{len(cells)} columns"
            raise malformed_line(expected, path, number, received, advice)
        selected.append((number, ["" if i is None or i >= len(cells) else cells[i] for i in indices]))
    return selected
