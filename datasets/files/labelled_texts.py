"""Labelled texts from local files: tables with commas, semicolons or tabs, or JSON."""

import re
from collections import Counter
from pathlib import Path

from ..holdout import split_rows
from .blank_texts import is_blank
from .json_rows import read_json_rows
from .lines import (
    MAX_SHOWN,
    file_suffixes,
    malformed_line,
    names_file,
    read_nonempty_lines,
    resolve_split_path,
)
from .tables import read_table

SUFFIXES = (".csv", ".tsv", ".jsonl", ".json")
COLUMNS = ("text", "label")
JSON_TYPES = ((str,), (str, int, float))
ADVICE = "Name the columns with `--text-column` and `--label-column`"
HEADER_NAMES = re.compile(
    "(review|text|sentence|comment|tweet|content|body|message|document)s?(_?text)?"
    "|(label|class|category|sentiment|star|rating|score|polarity|target|emotion)(es|s)?(_?(id|name))?"
)
MAX_CLASS_SHARE = 0.5  # classes per text; more are not classes
MIN_TEXTS_OF_SHARE = 10  # below it, the share is not checked
LabelledRow = tuple[str, str]


def is_labelled_file(data: str) -> bool:
    """Return if `data` names a local file and not a TFDS set."""
    return names_file(data, SUFFIXES)


def read_labelled_texts(
    data: str, split: str, columns: tuple[str, str] = COLUMNS
) -> tuple[list[str], list[str], list[str]]:
    r"""Read one split of labelled texts from local files.

    Args:
        data: a table, `texts.csv` or `texts.tsv`, whose first line names at least the two columns, or
            without names and with two columns, text and label; see `tables.read_table`. Or JSON,
            `texts.jsonl`: one object per line, or one list of objects, with the text and a label, a
            string or a number. Files are UTF-8, or UTF-16 with a byte order mark, gzipped or not. With
            `{split}` in the name every split has its own file. Without it, validation and test are held
            out of the single file: 5 % each, at least one text and at most 2,000, always the same ones.
        split: `train`, `validation` or `test`; with `{split}` in the name, any name.
        columns: the names of the columns of the text and of the label, in any case; the keys of JSON.

    Returns:
        The texts, their labels, and the class names: the sorted labels of the file, or of the train
        file where every split has its own.

    Raises:
        FileNotFoundError: a file that does not exist.
        ValueError: an empty file, a malformed line, fewer than two classes, labels that are no classes, a
            class that the train file does not have, or an unknown split.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.csv"
        >>> _ = path.write_text('text,label\n"Fine, thanks.",good\nAwful.,bad\n')
        >>> read_labelled_texts(str(path.with_name("{split}.csv")), "train")
        (['Fine, thanks.', 'Awful.'], ['good', 'bad'], ['bad', 'good'])
    """
    rows = _read(data, split, columns)
    training_rows = _read(data, "train", columns) if "{split}" in data else rows
    classes = sorted({label for _, label in training_rows})
    if len(classes) < 2:
        received = f"only {classes[0]!r}" if classes else "no texts"
        raise ValueError(
            "`data` must have texts of two or more classes. "
            f"Received: {received} in data={data!r} (number of texts: {len(training_rows)})"
        )
    if len(rows) >= MIN_TEXTS_OF_SHARE and len(classes) > MAX_CLASS_SHARE * len(training_rows):
        raise ValueError(
            f"`data` must have labels that are classes. Received: {len(classes):,} different labels of "
            f"{len(training_rows):,} texts, such as {classes[0][:MAX_SHOWN]!r}, in data={data!r}. {ADVICE}; "
            "group numbers into classes"
        )
    unknown = sorted({label for _, label in rows} - set(classes))
    if unknown:
        raise ValueError(
            f"`split` must have only the classes of the train split, {', '.join(classes)}. "
            f"Received: also {', '.join(unknown)} in split={split!r} of data={data!r}"
        )
    rows = split_rows(rows, data, split)
    return [text for text, _ in rows], [label for _, label in rows], classes


def _read(data: str, split: str, columns: tuple[str, str]) -> list[LabelledRow]:
    path = resolve_split_path(data, split)
    lines = read_nonempty_lines(path)
    if {".json", ".jsonl"} & set(file_suffixes(path)):
        types = dict(zip(columns, JSON_TYPES, strict=True))
        rows = read_json_rows(lines, path, types, ADVICE)
        return [_row(text, str(label), path, number) for number, (text, label) in rows]
    needs_header = columns != COLUMNS
    table = read_table(lines, path, columns, needs_header=needs_header, advice=ADVICE, strict=True)
    rows = [_row(text, label, path, number) for number, (text, label) in table.rows]
    if not table.has_header:
        _refuse_unknown_header(rows, path)
    return rows


def _row(text: str, label: str, path: Path, number: int) -> LabelledRow:
    if is_blank(label):
        raise malformed_line("a label for each text", path, number, "none")
    if is_blank(text):
        raise malformed_line("a text for each label", path, number, "a blank text", "Remove the line")
    return text, label.strip()


def _refuse_unknown_header(rows: list[LabelledRow], path: Path) -> None:
    """Refuse a first line that looks like a header with other names, which would become a class."""
    (text, label), *others = rows
    counts = Counter(label for _, label in others)
    if label in counts or not counts:
        return
    are_names = all(HEADER_NAMES.fullmatch(cell.strip().lower()) for cell in (text, label))
    is_only_word = not _is_number(label) and all(map(_is_number, counts))
    is_only_single = len(counts) > 1 and min(counts.values()) > 1
    if are_names or is_only_word or is_only_single:
        raise ValueError(
            f"`data` must have columns named text and label in its first line. Received: {(text, label)} in "
            f"{path}, whose label occurs once. Pass `--text-column {text!r} --label-column {label!r}` if "
            "they are names, else add the line text,label"
        )


def _is_number(label: str) -> bool:
    try:
        float(label)
    except ValueError:
        return False
    return True
