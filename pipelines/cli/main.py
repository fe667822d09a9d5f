"""What the pipelines' command lines share. Import it first: it silences TensorFlow's own log, and
has it compute with oneDNN.

`FOVEAL_DEBUG=1` brings the log back, and the traceback of every error.
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import tyro

DEBUG = bool(os.environ.get("FOVEAL_DEBUG"))


@contextmanager
def _without_stderr() -> Iterator[None]:
    """Nothing that is written to the standard error is seen, not even what C++ writes."""
    sys.stderr.flush()
    shown = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(shown, 2)
        os.close(shown)


# oneDNN's convolutions are faster; by itself TensorFlow takes them on processors with AVX-512 alone.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

if not DEBUG:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _without_stderr():  # some of its log comes before it has read the level
        importlib.import_module("tensorflow")


def main(
    commands: Mapping[str, Callable[..., Any]],
    prog: str,
    description: str,
    args: Sequence[str] | None = None,
) -> None:
    """Run the command that the command line names.

    The flags are the command's arguments, and the fields of those that are dataclasses. What a
    user can mend (a wrong value, a missing file, a full disk) ends with one clear message and
    exit status 2; anything else is a defect and keeps its traceback.

    Args:
        commands: functions by name; the first line of a docstring is its help.
        prog: how the program is called, for the help.
        description: what it does, for the help.
        args: the command line; by default that of the process.

    Example:
        >>> def greet(name: tyro.conf.Positional[str], times: int = 1) -> None:
        ...     print(" ".join(["hello", name] * times))
        >>> main({"greet": greet}, "hello", "Greets.", ["greet", "Ana", "--times", "2"])
        hello Ana hello Ana
    """
    try:
        tyro.extras.subcommand_cli_from_dict(
            dict(commands),
            prog=prog,
            description=description,
            args=args,
            config=(tyro.conf.OmitArgPrefixes,),
        )
    except KeyboardInterrupt:
        _stop("stopped", status=130)
    except Exception as error:
        if DEBUG or not isinstance(error, _expected_errors()):
            raise
        _stop(f"error: {_message(error)}", status=2)


def _expected_errors() -> tuple[type[Exception], ...]:
    """Errors that tell about the input or the machine. TensorFlow has its own for files."""
    from tensorflow import errors  # not at the top, where it would speak

    return (
        ValueError,
        OSError,
        errors.NotFoundError,
        errors.PermissionDeniedError,
        errors.ResourceExhaustedError,
        errors.FailedPreconditionError,
        errors.DataLossError,
    )


def _message(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: {error.filename}"
    told = getattr(error, "message", None) or str(error)
    return told.split("}} ", 1)[-1] if told.startswith("{{") else told  # {{the node}} what happened


def _stop(message: str, status: int) -> NoReturn:
    print(message, file=sys.stderr)
    sys.exit(status)


def numbered(path: Path, place: int, count: int) -> Path:
    """Where the file of one of several things goes: `a.png`, or of several `a-1.png` and so on."""
    return path if count == 1 else path.with_stem(f"{path.stem}-{place + 1}")
