"""Sentence pairs from local files: tables with tabs, commas or semicolons, JSON, or two aligned files."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from ..holdout import split_rows
from .blank_texts import is_blank
from .json_rows import read_json_rows
from .lines import (
    check_equal_lengths,
    file_suffixes,
    malformed_line,
    names_file,
    read_nonempty_lines,
    resolve_split_path,
)
from .tables import read_table

SUFFIXES = (".tsv", ".csv", ".jsonl", ".json")
ADVICE = "Name the columns with `--source` and `--target`"
HEADER_NAMES = re.compile(
    "[a-z]{2}([-_][a-z]{2,4})?"  # a code of a language, such as pt or pt-BR
    "|(source|target|src|tgt|original|translation)([ _-]?(text|sentence|language))?"
    "|arabic|bengali|chinese|czech|danish|dutch|english|farsi|finnish|french|german|greek|hebrew|hindi"
    "|hungarian|indonesian|italian|japanese|korean|norwegian|persian|polish|portuguese|romanian|russian"
    "|spanish|swedish|thai|turkish|ukrainian|urdu|vietnamese",
    re.IGNORECASE,
)
Pair = tuple[str, str]


def is_pair_file(data: str) -> bool:
    """Return if `data` names one or two local files and not a TFDS set."""
    return "," in data or names_file(data, SUFFIXES)


def read_pairs(data: str, split: str, keys: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Read one split of sentence pairs from local files.

    Args:
        data: a table, `pairs.tsv` or `pairs.csv`, whose first line names at least the two columns, or without
            names and with two columns, source and target; see `tables.read_table`. Or JSON, `pairs.jsonl`:
            one object per line, or one list of objects. Or two files with one sentence per line,
            `text.en,text.de`. Files are UTF-8, or UTF-16 with a byte order mark, gzipped or not. Blank
            lines are skipped. With `{split}` in the name every split has its own file. Without it,
            validation and test are held out of the single file: 5 % each, at least one pair and at most
            2,000, always the same ones.
        split: `train`, `validation` or `test`; with `{split}` in the name, any name.
        keys: the columns of the source and of the target: names in a table, keys in JSON.

    Returns:
        The source sentences and the target sentences.

    Raises:
        FileNotFoundError: a file that does not exist.
        ValueError: more than two files, equal keys, an empty file, a malformed line, a blank
            source or target, files of unequal length, or an unknown split.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.tsv"
        >>> _ = path.write_text("one\\teins\\ntwo\\tzwei\\n")
        >>> read_pairs(str(path.with_name("{split}.tsv")), "train", ("source", "target"))
        (['one', 'two'], ['eins', 'zwei'])
    """
    names = [data] if names_file(data, ()) else data.split(",")
    if len(names) > 2:
        raise ValueError(f"`data` must name one file of pairs or two files of lines. Received: data={data!r}")
    if keys[0] == keys[1]:
        raise ValueError(f"`source` and `target` must be different keys. Received: {keys[0]!r} for both")
    paths = [resolve_split_path(name, split) for name in names]
    pairs = split_rows(_aligned(*paths) if len(paths) == 2 else _rows(paths[0], keys), data, split)
    return [source for source, _ in pairs], [target for _, target in pairs]


def _rows(path: Path, keys: tuple[str, str]) -> list[Pair]:
    lines = read_nonempty_lines(path)
    if {".json", ".jsonl"} & set(file_suffixes(path)):
        rows = list(read_json_rows(lines, path, dict.fromkeys(keys, (str,)), ADVICE))
    else:
        rows, has_header = read_table(lines, path, keys, advice=ADVICE, strict=True)
        if not has_header:
            _refuse_unknown_header(rows, path)
    return [_pair(source, target, path, number) for number, (source, target) in rows]


def _pair(source: str, target: str, path: Path, number: int) -> Pair:
    if is_blank(source) or is_blank(target):
        received = f"a blank {'source' if is_blank(source) else 'target'}"
        raise malformed_line("a source and a target for each pair", path, number, received, "Remove the line")
    return source, target


def _refuse_unknown_header(rows: Sequence[tuple[int, Sequence[str]]], path: Path) -> None:
    """Refuse a first line of other names, as `en, de` or `English, German`: it would become a pair."""
    are_names = [all(HEADER_NAMES.fullmatch(cell.strip()) for cell in cells) for _, cells in rows]
    if len(rows) > 1 and are_names[0] and not any(are_names[1:]):
        source, target = (cell.strip() for cell in rows[0][1])
        flags = f"--source {shlex.quote(source)} --target {shlex.quote(target)}"
        raise ValueError(
            f"`data` must have pairs in all lines, or columns named by `source` and `target`. Received: "
            f"{(source, target)} in the first line of {path}. Pass `{flags}` if they are names, "
            "else move the pair to another line"
        )


def _aligned(source: Path, target: Path) -> list[Pair]:
    sources, targets = read_nonempty_lines(source), read_nonempty_lines(target)
    check_equal_lengths({str(source): sources, str(target): targets}, "a set of pairs")
    pairs = []
    for number, (source_line, target_line) in enumerate(zip(sources, targets, strict=True), 1):
        if not (is_blank(source_line) and is_blank(target_line)):
            path = source if is_blank(source_line) else target
            pairs.append(_pair(source_line, target_line, path, number))
    return pairs
