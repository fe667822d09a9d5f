"""Lines of text files: UTF-8 or UTF-16, gzipped or not."""

import codecs
import gzip
import zlib
from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from pathlib import Path

GZIP_HEADER = b"\x1f\x8b"
BYTE_ORDER_MARK = "\ufeff"
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
MAX_SHOWN = 80  # characters of a malformed line in an error message


def names_file(data: str, suffixes: Collection[str]) -> bool:
    """Return if `data` names a file: it has one of the suffixes, or the file exists."""
    path = Path(data).expanduser()
    return bool(set(suffixes) & set(file_suffixes(path))) or path.is_file()


def file_suffixes(path: Path) -> list[str]:
    """Return the suffixes of a file in lower case: `.csv` and `.gz` of `TEXTS.CSV.GZ`."""
    return [suffix.lower() for suffix in path.suffixes]


def resolve_split_path(data: str, split: str) -> Path:
    """Return the file of a split; `{split}` in `data` stands for its name.

    Raises:
        FileNotFoundError: the file does not exist, or is a folder.
    """
    path = Path(data.replace("{split}", split)).expanduser()
    if path.is_dir():
        raise FileNotFoundError(
            f"`data` must name a file. Received: data={data!r}, a folder: name a file in it"
        )
    if not path.is_file():
        raise FileNotFoundError(f"`data` must name an existing file. Received: data={data!r}, no file {path}")
    return path


def read_lines(path: str | PathLike) -> list[str]:
    """Read the lines of a text file, gzipped or not.

    The file is UTF-8, or UTF-16 with a byte order mark. Line feeds end lines, with or without a carriage
    return before them; in a file without line feeds carriage returns do. A byte order mark at the start
    of a line, as concatenated files have them, is removed.

    Args:
        path: the file.

    Returns:
        The lines without their ends.

    Raises:
        ValueError: a truncated gzip file, or a line that is not text.
    """
    content = Path(path).read_bytes()
    if content.startswith(GZIP_HEADER):
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"`data` must be a complete gzip file. Received: {path} ({error})") from error
    if content.startswith(UTF_16_MARKS):
        content = _utf_16_to_utf_8(content, path)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    content = content.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n")
    lines = content.split(b"\n") if content else []
    return [decode_line(line, path, number) for number, line in enumerate(lines, 1)]


def decode_line(line: bytes, name: str | PathLike, number: int) -> str:
    """Decode a line of UTF-8 text, without its end and without a byte order mark at its start.

    Args:
        line: the bytes.
        name: name of the file, for the error message.
        number: number of the line in it.

    Raises:
        ValueError: bytes that are not UTF-8, or a NUL byte.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        received = repr(line[error.start :][:MAX_SHOWN])
        raise malformed_line("UTF-8", name, number, received, "Save the file as UTF-8") from error
    if "\0" in text:
        advice = "Save the file as UTF-8, and a workbook as CSV"
        raise malformed_line("text", name, number, "a NUL byte", advice)
    return text.lstrip(BYTE_ORDER_MARK)


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


def malformed_line(
    expected: str, name: str | PathLike, number: int, received: str, advice: str = "", unit: str = "line"
) -> ValueError:
    """Make the error about a malformed line of a file, with advice how to change it."""
    message = f"`data` must contain {expected}. Received: {received} ({unit} {number} of {name})"
    return ValueError(f"{message}. {advice}" if advice else message)


def _utf_16_to_utf_8(content: bytes, path: str | PathLike) -> bytes:
    try:
        return content.decode("utf-16").encode()
    except UnicodeDecodeError as error:
        number = content[: error.start // 2 * 2].decode("utf-16", errors="replace").count("\n") + 1
        received = repr(content[error.start : error.end])
        raise malformed_line("UTF-16", path, number, received, "Save the file as UTF-8") from error
