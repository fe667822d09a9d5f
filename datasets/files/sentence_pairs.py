"""A user's own sentence pairs: tab-separated lines, JSON lines, or two files line by line."""

import gzip
import json
import zlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np

GZIP = b"\x1f\x8b"
HELD_OUT_FRACTIONS = {"validation": 0.05, "test": 0.05}  # of a file that is not split; the rest is train
MAX_HELD_OUT = 2000  # sentences in validation and in test


def is_file(data: str) -> bool:
    """Whether `data` names files and not a TFDS set."""
    return "," in data or Path(data).suffix in (".tsv", ".jsonl") or Path(data).is_file()


def read_pairs(data: str, split: str, keys: tuple[str, str]) -> tuple[list[str], list[str]]:
    """Reads one split of a user's own pairs.

    Args:
        data: `pairs.tsv` (source, tab, target), `pairs.jsonl` (an object a line) or two files of
            lines, `text.en,text.de`. With `{split}` in the name each split has its own file;
            without, train, validation and test are drawn from the one there is: 5 % each for
            validation and test, at most 2,000 sentences, always the same ones.
        split: train, validation or test; with `{split}` in the name, whatever there is.
        keys: the keys of a JSON object that hold the source and the target.

    Returns:
        The source sentences and the target sentences.
    """
    paths = [Path(name).expanduser() for name in data.replace("{split}", split).split(",")]
    for path in paths:
        if not path.is_file():
            raise FileNotFoundError(f"Expected sentence pairs in a file, there is no {path}.")
    if len(paths) > 2:
        raise ValueError(f"Expected one file of pairs or two of lines, received {data}.")
    source, target = _read_one(paths[0], keys) if len(paths) == 1 else _read_two(*paths)
    if "{split}" not in data:
        rows = split_indices(len(source), split)
        source, target = [source[i] for i in rows], [target[i] for i in rows]
    return source, target


def read_lines(path) -> list[str]:
    """The lines of a UTF-8 file, gzipped or not. Only a line feed ends a line."""
    content = Path(path).read_bytes()
    if content.startswith(GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"Expected a whole gzip file, received {path}: {error}") from error
    lines = content.removesuffix(b"\n").split(b"\n") if content else []
    return [_decode(line, path, number) for number, line in enumerate(lines, 1)]


def check_equal_lengths(lines: dict[str, list[str]], where: str) -> None:
    """Refuses columns of unequal length."""
    counts = {name: len(found) for name, found in lines.items()}
    if len(set(counts.values())) > 1:
        found = ", ".join(f"{count} lines of {name}" for name, count in counts.items())
        raise ValueError(f"Expected equally many lines on both sides of {where}, received {found}.")


def split_indices(count: int, split: str, drawn: Iterable[str] = HELD_OUT_FRACTIONS) -> list[int]:
    """The rows of a split where those `drawn` are taken from one whole; the same in every run.

    They come in the order of the whole; train is what the others leave.
    """
    if split not in ("train", *drawn):
        raise ValueError(f"Expected split train, {' or '.join(drawn)}, received {split!r}.")
    order = np.random.default_rng(0).permutation(count).tolist()
    for name in drawn:
        size = min(round(count * HELD_OUT_FRACTIONS[name]), MAX_HELD_OUT)
        if name == split:
            return sorted(order[:size])
        order = order[size:]
    return sorted(order)


def _decode(line: bytes, path, number: int) -> str:
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"Expected UTF-8 in {path}, line {number}, received {line!r}.") from error


def _read_one(path: Path, keys: tuple[str, str]) -> tuple[list[str], list[str]]:
    parse = _parse_json if ".jsonl" in path.suffixes else _parse_tsv
    rows = [parse(line, keys, path, number) for number, line in enumerate(read_lines(path), 1)]
    return [row[0] for row in rows], [row[1] for row in rows]


def _read_two(source: Path, target: Path) -> tuple[list[str], list[str]]:
    lines = {str(path): read_lines(path) for path in (source, target)}
    check_equal_lengths(lines, "a set of pairs")
    return lines[str(source)], lines[str(target)]


def _parse_tsv(line: str, keys, path: Path, number: int) -> tuple[str, str]:
    columns = line.split("\t")
    if len(columns) != 2:
        raise ValueError(
            f"Expected 2 columns (source, tab, target) in {path}, line {number}, "
            f"received {len(columns)}: {line[:80]!r}."
        )
    return columns[0], columns[1]


def _parse_json(line: str, keys: tuple[str, str], path: Path, number: int) -> tuple[str, str]:
    try:
        row = json.loads(line)
        source, target = row[keys[0]], row[keys[1]]
    except (json.JSONDecodeError, KeyError, TypeError):
        source = target = None
    if not (isinstance(source, str) and isinstance(target, str)):
        raise ValueError(
            f"Expected an object with texts for {keys[0]!r} and {keys[1]!r} in {path}, "
            f"line {number}, received {line[:80]!r}."
        )
    return source, target
