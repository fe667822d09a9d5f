"""A user's own labelled texts: comma-separated values, tab-separated ones, or JSON lines."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from .sentence_pairs import read_lines, split_indices

FORMATS = {".csv", ".tsv", ".jsonl"}
COLUMNS = ("text", "label")
Row = tuple[str, str]


def is_labelled_file(data: str) -> bool:
    """Whether `data` names a file and not a TFDS set."""
    return bool(FORMATS & set(Path(data).suffixes)) or Path(data).is_file()


def read_labelled_texts(data: str, split: str) -> tuple[list[str], list[str], list[str]]:
    """Reads one split of a user's own labelled texts.

    Args:
        data: `texts.csv` or `texts.tsv`, whose first line names its columns, `text` and `label`
            among them; or has no such line and two columns, the text and its label. Or
            `texts.jsonl`, an object a line with `text` and `label`, a string or a whole number. In
            a .csv quotes hold commas and line breaks, in a .tsv they are characters. With
            `{split}` in the name each split has its own file; without, train, validation and test
            are drawn from the one there is: 5 % each for validation and test, at most 2,000 texts,
            always the same ones.
        split: train, validation or test; with `{split}` in the name, whatever there is.

    Returns:
        The texts, their labels, and the classes: the sorted labels of the file, or of the train
        file where each split has its own.
    """
    rows = _read(data, split)
    classes = sorted({label for _, label in (_read(data, "train") if "{split}" in data else rows)})
    if len(classes) < 2:
        raise ValueError(f"Expected two or more classes in {data}, received {', '.join(classes) or 'none'}.")
    foreign = sorted({label for _, label in rows} - set(classes))
    if foreign:
        raise ValueError(
            f"Expected the classes of the train split, {', '.join(classes)}, in split {split!r} of "
            f"{data}, received also {', '.join(foreign)}."
        )
    if "{split}" not in data:
        rows = [rows[i] for i in split_indices(len(rows), split)]
    return [text for text, _ in rows], [label for _, label in rows], classes


def _read(data: str, split: str) -> list[Row]:
    path = Path(data.replace("{split}", split)).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"Expected labelled texts in a file, there is no {path}.")
    lines = read_lines(path)
    if not any(lines):
        raise ValueError(f"Expected labelled texts in {path}, received an empty file.")
    lines[0] = lines[0].removeprefix("\ufeff")  # some spreadsheets write a byte order mark
    if ".jsonl" in path.suffixes:
        return [_parse_json(line, path, number) for number, line in enumerate(lines, 1)]
    return _select(_cells(lines, path), path)


def _cells(lines: list[str], path: Path) -> Iterator[tuple[int, list[str]]]:
    """The cells of each row, and on which line it ends."""
    if ".csv" not in path.suffixes:
        yield from ((number, line.split("\t")) for number, line in enumerate(lines, 1))
        return
    reader = csv.reader((f"{line}\n" for line in lines), strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise ValueError(
            f"Expected comma-separated values in {path}, line {reader.line_num}: {error}."
        ) from error


def _select(numbered: Iterator[tuple[int, list[str]]], path: Path) -> list[Row]:
    """The text and the label of each row."""
    _, first = next(numbered)
    names = [cell.strip().lower() for cell in first]
    if set(COLUMNS) <= set(names):
        places, rows = [names.index(name) for name in COLUMNS], []
    elif len(first) == 2:
        places, rows = [0, 1], [_row(first[0], first[1], path, 1)]
    else:
        raise ValueError(
            f"Expected columns named text and label in the first line of {path}, or two columns "
            f"without names; received {', '.join(first)[:80]!r}."
        )
    for number, cells in numbered:
        if len(cells) != len(first):
            raise ValueError(
                f"Expected {len(first)} columns in {path}, line {number}, received {len(cells)}."
            )
        rows.append(_row(cells[places[0]], cells[places[1]], path, number))
    if len(set(COLUMNS) & set(names)) < 2:
        _refuse_names(rows, path)
    return rows


def _row(text: str, label: str, path: Path, number: int) -> Row:
    if not label.strip():
        raise ValueError(f"Expected a label in {path}, line {number}, received none.")
    return text, label.strip()


def _refuse_names(rows: list[Row], path: Path) -> None:
    """Refuses a first line that looks like other names of columns: else they would be a class."""
    counts = Counter(label for _, label in rows)
    first = rows[0][1]
    if len(counts) > 2 and counts.pop(first) == 1 and min(counts.values()) > 1:
        raise ValueError(
            f"Expected columns named text and label in the first line of {path}, received {rows[0]}, "
            f"whose label {first!r} comes once."
        )


def _parse_json(line: str, path: Path, number: int) -> Row:
    try:
        row = json.loads(line)
        text, label = row["text"], row["label"]
    except (json.JSONDecodeError, KeyError, TypeError):
        text = label = None
    if not isinstance(text, str) or isinstance(label, bool) or not isinstance(label, str | int):
        raise ValueError(
            f"Expected an object with a 'text' and a 'label', a string or a whole number, in {path}, "
            f"line {number}, received {line[:80]!r}."
        )
    return _row(text, str(label), path, number)
