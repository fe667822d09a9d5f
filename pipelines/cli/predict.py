"""Prediction for texts and files that the command line, a file or the standard input names."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import tyro

from .output_paths import numbered_path
from .printable import printable

CHUNK_SIZE = 1024
STANDARD_INPUT = Path("-")

T = TypeVar("T")
Texts = Annotated[
    tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[TEXT ...]", help_behavior_hint="")
]
Files = Annotated[
    tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[FILE ...]", help_behavior_hint="")
]


class UnreadableInputsError(ValueError):
    """Error after all inputs, of which some could not be read: exit status 1."""


class NamedInput(NamedTuple, Generic[T]):
    """An input of a prediction: its name in messages, and the function that reads it."""

    name: str
    read: Callable[[], T]


class Prediction(NamedTuple):
    """Output for one input.

    text: the prediction, printed as one line.
    note: what the user has to know of it, for the standard error; empty for nothing.
    is_valid: whether the input could be read.
    outputs: the prediction and its scores by name, for JSON.
    """

    text: str
    note: str = ""
    is_valid: bool = True
    outputs: Mapping[str, Any] = {}


def text_inputs(texts: Sequence[str], file: Path | None = None) -> list[NamedInput[str]]:
    """Name the texts of the command line; without any, each line of a file is a text.

    Args:
        texts: texts, or `-` alone for the standard input.
        file: a file with a text a line; by default the standard input, as with `-`.

    Raises:
        ValueError: if both texts and a file are given.
        OSError: if the file cannot be read.
    """
    if _are_given(texts, file):
        return [NamedInput(f"text {index}", partial(_checked, text)) for index, text in enumerate(texts, 1)]
    return [NamedInput(name, partial(_decode, line)) for name, line in _read_lines(file, "texts")]


def file_inputs(paths: Sequence[Path], file: Path | None = None) -> list[NamedInput[bytes]]:
    """Name the files of the command line; without any, each line of a file is a path.

    Args:
        paths: paths of files, or `-` alone for the standard input.
        file: a file with a path a line; by default the standard input, as with `-`.

    Raises:
        ValueError: if both paths and a file are given.
        OSError: if the file cannot be read.
    """
    if _are_given(paths, file):
        return [NamedInput(str(path), partial(_read_file, path)) for path in paths]
    lines = [(name, _strip_line(os.fsdecode(line))) for name, line in _read_lines(file, "paths of files")]
    return [NamedInput(path or name, partial(_read_file, Path(path))) for name, path in lines]


def predict_each(
    inputs: Sequence[NamedInput[T]],
    predict: Callable[[list[T]], list[Prediction]],
    noun: str,
    chunk_size: int = CHUNK_SIZE,
    as_json: bool = False,
) -> None:
    """Print one line for each input, in their order; go on after an input that cannot be read.

    The line of an input without a prediction is empty, so that line and input correspond. Errors and notes
    are printed to the standard error. In JSON each line is an object: `input` (its name), the outputs, and
    `note` or `error` if there is one.

    Args:
        inputs: at least one.
        predict: function of the values of some inputs.
        noun: plural of the inputs.
        chunk_size: number of inputs that are read and predicted at once.
        as_json: whether the lines are JSON objects.

    Raises:
        ValueError: if there is no input.
        UnreadableInputsError: after all lines, if an input could not be read.
    """
    _require_inputs(inputs, noun)
    failures = 0
    for start in range(0, len(inputs), chunk_size):
        chunk = inputs[start : start + chunk_size]
        values = [_try(input_.read) for input_ in chunk]
        predictions = iter(predict([value for value in values if not isinstance(value, Prediction)]))
        for input_, value in zip(chunk, values, strict=True):
            prediction = value if isinstance(value, Prediction) else next(predictions)
            failures += not prediction.is_valid
            print(_json_line(input_.name, prediction) if as_json else one_line(prediction.text))
            if prediction.note:
                print_note(input_.name, prediction.note)
        sys.stdout.flush()
    _require_no_failures(failures, len(inputs), noun)


def explain_each(
    inputs: Sequence[NamedInput[T]], explain: Callable[[T, Path], None], figure: Path, noun: str
) -> None:
    """Explain each input; go on after one that cannot be read.

    Args:
        inputs: at least one.
        explain: function of the value of an input and the path of its figure; it prints the explanation.
        figure: path of the figure; with several inputs, the paths are numbered.
        noun: plural of the inputs.

    Raises:
        ValueError: if there is no input.
        UnreadableInputsError: after all explanations, if an input could not be read.
    """
    _require_inputs(inputs, noun)
    failures = 0
    for index, input_ in enumerate(inputs):
        if index:
            print()
        path = numbered_path(figure, index, len(inputs))
        result = _try(lambda i=input_, p=path: explain(i.read(), p))
        if isinstance(result, Prediction):
            failures += 1
            print_note(input_.name, result.note)
        sys.stdout.flush()
    _require_no_failures(failures, len(inputs), noun)


def one_line(text: str) -> str:
    r"""Format a text as one printable line.

    Example:
        >>> one_line("two\nlines")
        'two lines'
    """
    return printable(" ".join(text.splitlines()))


def rounded(numbers: npt.ArrayLike) -> Any:
    """Convert float32 numbers to Python's, without the digits that float32 does not hold.

    Example:
        >>> rounded(np.float32([0.1, 0.25]))
        [0.1, 0.25]
    """
    return np.round(np.asarray(numbers, float), 6).tolist()


def require_text_output(explain: bool, as_json: bool) -> None:
    """Check that JSON is not combined with an explanation, which is printed as a table.

    Raises:
        ValueError: if both flags are set.
    """
    if explain and as_json:
        raise ValueError(
            "`json` cannot be combined with `explain`. Received: --json and --explain. Leave one out; the "
            "signature `explain` of the SavedModel returns the attention as arrays"
        )


def truncation_note(text: str, bytes_read: int | None) -> str:
    """Describe how much of a text was read; empty if all of it was, but for blanks.

    Args:
        text: the text as given.
        bytes_read: UTF-8 bytes before the truncation; None for all.

    Example:
        >>> truncation_note("one two three", bytes_read=7)
        'only the first 7 of 13 bytes were read: the text is longer than the model takes'
    """
    encoded = text.encode()
    if bytes_read is None or not encoded[bytes_read:].decode(errors="ignore").strip():
        return ""
    return (
        f"only the first {bytes_read:,} of {len(encoded):,} bytes were read: the text is longer than the "
        "model takes"
    )


def print_note(name: str, note: str) -> None:
    """Print what the user has to know of an input to the standard error."""
    print(printable(f"{name}: {note}"), file=sys.stderr)


def _try(function: Callable[[], T]) -> T | Prediction:
    """Call a function; return an invalid prediction with the reason of an error that the user can fix."""
    try:
        return function()
    except BrokenPipeError:
        raise
    except (ValueError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Prediction("", reason, is_valid=False)


def _json_line(name: str, prediction: Prediction) -> str:
    """Format a prediction as a JSON object, in ASCII: nothing in it can reach the terminal as a command."""
    message = {"note" if prediction.is_valid else "error": prediction.note} if prediction.note else {}
    return json.dumps({"input": name, **prediction.outputs, **message})


def _require_inputs(inputs: Sequence[NamedInput], noun: str) -> None:
    if not inputs:
        raise ValueError(
            f"`{noun}` must not be empty. Received: no argument, and no line on the standard input or in "
            "`--file`. Give them as arguments, or one a line"
        )


def _require_no_failures(failures: int, count: int, noun: str) -> None:
    if failures:
        raise UnreadableInputsError(f"{failures:,} of {count:,} {noun} could not be read")


def _are_given(inputs: Sequence[str] | Sequence[Path], file: Path | None) -> bool:
    """Return whether the command line gives the inputs themselves, not a file of them."""
    is_given = len(inputs) > 0 and list(map(str, inputs)) != [str(STANDARD_INPUT)]
    if is_given and file:
        raise ValueError(f"`file` must be left out if inputs are given as arguments. Received: file={file}")
    return is_given


def _read_lines(file: Path | None, noun: str) -> Iterator[tuple[str, bytes | str]]:
    """Yield name and content of each line of a file, by default of the standard input."""
    if file not in (None, STANDARD_INPUT):
        with file.open("rb") as lines:
            yield from ((f"{file}, line {number:,}", line) for number, line in enumerate(lines, 1))
        return
    if sys.stdin is None:
        return
    if sys.stdin.isatty():
        print(f"reading {noun} from the standard input, one a line, until Ctrl-D", file=sys.stderr)
    for number, line in enumerate(getattr(sys.stdin, "buffer", sys.stdin), 1):
        yield f"standard input, line {number:,}", line


def _decode(line: bytes | str) -> str:
    """Decode a line without its end and a byte order mark."""
    try:
        text = line if isinstance(line, str) else line.decode()
    except UnicodeDecodeError as error:
        received = f"byte 0x{error.object[error.start]:02x} at position {error.start}"
        raise ValueError(f"must be UTF-8. Received: {received}") from None
    return _strip_line(text)


def _strip_line(line: str) -> str:
    return line.removeprefix("\ufeff").rstrip("\r\n")


def _checked(text: str) -> str:
    """Return a text that can be encoded; the bytes of an argument that is not UTF-8 are surrogates."""
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValueError(f"must be UTF-8. Received: {text!r}")
    return text


def _read_file(path: Path) -> bytes:
    if path == Path():
        raise ValueError("must be the path of a file. Received: a blank line")
    if path.is_dir():
        raise ValueError(f"is a folder; name its files, such as {path}/*")
    return path.read_bytes()
