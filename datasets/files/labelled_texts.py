"""Labelled texts from local files: CSV, tab-separated values, or JSON lines."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..holdout import split_rows
from .lines import (
    MAX_SHOWN,
    malformed_line,
    names_file,
    read_csv_rows,
    read_json_rows,
    read_nonempty_lines,
    read_tsv_rows,
    resolve_split_path,
)

SUFFIXES = (".csv", ".tsv", ".jsonl")
COLUMNS = ("text", "label")
JSON_TYPES = {"text": (str,), "label": (str, int)}
LabelledRow = tuple[str, str]


def is_labelled_file(data: str) -> bool:
    """Return if `data` names a local file and not a TFDS set."""
    return names_file(data, SUFFIXES)


def read_labelled_texts(data: str, split: str) -> tuple[list[str], list[str], list[str]]:
    """Read one split of labelled texts from local files.

    Args:
        data: `texts.csv` or `texts.tsv` with a header line that names at least `text` and `label`,
            or without a header and with two columns, text and label. Or `texts.jsonl`, one object
            per line with `text` and `label`, a string or an integer. In a .csv, quotes may hold
            commas and line breaks; in a .tsv, quotes are characters. All are UTF-8, gzipped or not.
            With `{split}` in the name every split has its own file. Without it, validation and test
            are held out of the single file: 5 % each, at most 2,000 texts, always the same ones.
        split: `train`, `validation` or `test`; with `{split}` in the name, any name.

    Returns:
        The texts, their labels, and the class names: the sorted labels of the file, or of the train
        file where every split has its own.

    Raises:
        FileNotFoundError: a file that does not exist.
        ValueError: an empty file, a malformed line, fewer than two classes, a class that the train
            file does not have, or an unknown split.

    Example:

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.csv"
    >>> _ = path.write_text('text,label\\n"Fine, thanks.",good\\nAwful.,bad\\n')
    >>> read_labelled_texts(str(path.with_name("{split}.csv")), "train")
    (['Fine, thanks.', 'Awful.'], ['good', 'bad'], ['bad', 'good'])
    """
    rows = _read(data, split)
    classes = sorted({label for _, label in (_read(data, "train") if "{split}" in data else rows)})
    if len(classes) < 2:
        received = ", ".join(classes) or "none"
        raise ValueError(f"`data` must have two or more classes. Received: {received} in data={data!r}")
    unknown = sorted({label for _, label in rows} - set(classes))
    if unknown:
        raise ValueError(
            f"`split` must have only the classes of the train split, {', '.join(classes)}. "
            f"Received: also {', '.join(unknown)} in split={split!r} of data={data!r}"
        )
    rows = split_rows(rows, data, split)
    return [text for text, _ in rows], [label for _, label in rows], classes


def _read(data: str, split: str) -> list[LabelledRow]:
    path = resolve_split_path(data, split)
    lines = read_nonempty_lines(path)
    if ".jsonl" in path.suffixes:
        rows = read_json_rows(lines, path, JSON_TYPES)
        return [_row(text, str(label), path, number) for number, (text, label) in rows]
    if ".csv" in path.suffixes:
        return _select_columns(read_csv_rows(lines, path, strict=True), path)
    return _select_columns(read_tsv_rows(lines), path)


def _select_columns(numbered: Iterator[tuple[int, list[str]]], path: Path) -> list[LabelledRow]:
    """Select the text and the label of each row, by the header or by position."""
    _, first = next(numbered)
    header = [cell.strip().lower() for cell in first]
    has_header = set(COLUMNS) <= set(header)
    if not has_header and len(first) != 2:
        raise ValueError(
            f"`data` must have columns named text and label in its first line, or two columns without "
            f"names. Received: {', '.join(first)[:MAX_SHOWN]!r} in {path}"
        )
    text, label = (header.index(name) for name in COLUMNS) if has_header else (0, 1)
    rows = [] if has_header else [_row(first[text], first[label], path, 1)]
    for number, cells in numbered:
        if len(cells) != len(first):
            raise malformed_line(f"{len(first)} columns", path, number, f"{len(cells)} columns")
        rows.append(_row(cells[text], cells[label], path, number))
    if not has_header:
        _refuse_unknown_header(rows, path)
    return rows


def _row(text: str, label: str, path: Path, number: int) -> LabelledRow:
    if not label.strip():
        raise malformed_line("a label for each text", path, number, "none")
    return text, label.strip()


def _refuse_unknown_header(rows: list[LabelledRow], path: Path) -> None:
    """Refuse a first line that looks like a header with other names, which would become a class."""
    counts = Counter(label for _, label in rows)
    first = rows[0][1]
    if len(counts) > 2 and counts.pop(first) == 1 and min(counts.values()) > 1:
        raise ValueError(
            f"`data` must have columns named text and label in its first line. Received: {rows[0]} in "
            f"{path}, whose label {first!r} occurs once"
        )
