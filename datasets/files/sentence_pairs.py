"""Sentence pairs from local files: tab-separated values, JSON lines, or two aligned files."""

from pathlib import Path

from ..holdout import split_rows
from .lines import (
    MAX_SHOWN,
    check_equal_lengths,
    malformed_line,
    names_file,
    read_json_rows,
    read_nonempty_lines,
    read_tsv_rows,
    resolve_split_path,
)

SUFFIXES = (".tsv", ".jsonl")
Pair = tuple[str, str]


def is_pair_file(data: str) -> bool:
    """Return if `data` names one or two local files and not a TFDS set."""
    return "," in data or names_file(data, SUFFIXES)


def read_pairs(data: str, split: str, keys: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Read one split of sentence pairs from local files.

    Args:
        data: `pairs.tsv` (source, tab, target), `pairs.jsonl` (one object per line) or two files
            with one sentence per line, `text.en,text.de`; all UTF-8, gzipped or not. With `{split}`
            in the name every split has its own file. Without it, validation and test are held out
            of the single file: 5 % each, at most 2,000 pairs, always the same ones.
        split: `train`, `validation` or `test`; with `{split}` in the name, any name.
        keys: the keys of the source and of the target in a JSON object.

    Returns:
        The source sentences and the target sentences.

    Raises:
        FileNotFoundError: a file that does not exist.
        ValueError: more than two files, equal keys, an empty file, a malformed line, files of unequal
            length, or an unknown split.

    Example:

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "train.tsv"
    >>> _ = path.write_text("one\\teins\\ntwo\\tzwei\\n")
    >>> read_pairs(str(path.with_name("{split}.tsv")), "train", ("source", "target"))
    (['one', 'two'], ['eins', 'zwei'])
    """
    names = data.split(",")
    if len(names) > 2:
        raise ValueError(f"`data` must name one file of pairs or two files of lines. Received: data={data!r}")
    if keys[0] == keys[1]:
        raise ValueError(f"`source` and `target` must be different keys. Received: {keys[0]!r} for both")
    paths = [resolve_split_path(name, split) for name in names]
    pairs = split_rows(_aligned(*paths) if len(paths) == 2 else _rows(paths[0], keys), data, split)
    return [source for source, _ in pairs], [target for _, target in pairs]


def _rows(path: Path, keys: tuple[str, str]) -> list[Pair]:
    lines = read_nonempty_lines(path)
    if ".jsonl" in path.suffixes:
        rows = read_json_rows(lines, path, dict.fromkeys(keys, (str,)))
        return [(source, target) for _, (source, target) in rows]
    return [_pair(cells, path, number) for number, cells in read_tsv_rows(lines)]


def _pair(cells: list[str], path: Path, number: int) -> Pair:
    if len(cells) != 2:
        line = "\t".join(cells)[:MAX_SHOWN]
        received = f"{len(cells)} columns, {line!r}"
        raise malformed_line("2 columns (source, tab, target)", path, number, received)
    return cells[0], cells[1]


def _aligned(source: Path, target: Path) -> list[Pair]:
    sources, targets = read_nonempty_lines(source), read_nonempty_lines(target)
    check_equal_lengths({str(source): sources, str(target): targets}, "a set of pairs")
    return list(zip(sources, targets, strict=True))
