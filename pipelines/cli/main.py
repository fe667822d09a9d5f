"""Entry point of the command lines. Import it first: it imports TensorFlow without its log, with oneDNN.

`FOVEAL_DEBUG=1` shows the log, and the traceback of every error.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn

# oneDNN's convolutions are faster; by default TensorFlow uses them on processors with AVX-512 only.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from .quiet_tensorflow import DEBUG  # isort: skip  # the import of TensorFlow reads the variable above

import tyro

from .flags import check_flags, check_names
from .predict import UnreadableInputsError
from .printable import printable


def main(
    commands: Mapping[str, Callable[..., object]] | Callable[..., object],
    prog: str,
    description: str,
    args: Sequence[str] | None = None,
) -> None:
    """Run the command that the command line names, or the only one.

    The flags are the arguments of the command, and the fields of arguments that are dataclasses. An error
    that the user can fix (a wrong value, a missing file, a full disk) ends with a message and exit status 2;
    1 if the command went on after inputs that could not be read. Any other error is a defect and keeps its
    traceback. An interrupt ends with exit status 130, and a reader of the standard output that ends early
    with 141, as in a shell.

    Args:
        commands: functions by name; the first line of a docstring is the help of the command. A function
            is the only command, and has no name on the command line.
        prog: name of the program, for the help.
        description: description of the program, for the help.
        args: the command line; by default that of the process.

    Example:
        >>> def greet(name: tyro.conf.Positional[str], times: int = 1) -> None:
        ...     print(" ".join(["hello", name] * times))
        >>> main({"greet": greet}, "hello", "Greets.", ["greet", "Ana", "--times", "2"])
        hello Ana hello Ana
    """
    args = sys.argv[1:] if args is None else args
    config = (tyro.conf.OmitArgPrefixes, tyro.conf.DisallowNone)
    try:
        if callable(commands):
            check_flags(commands, args)
            tyro.cli(commands, prog=prog, description=description, args=args, config=config)
        else:
            check_names(commands, args)
            tyro.extras.subcommand_cli_from_dict(
                dict(commands), prog=prog, description=description, args=args, config=config
            )
        sys.stdout.flush()
    except KeyboardInterrupt:
        _exit("stopped", status=130)
    except BrokenPipeError:  # the reader of the standard output has ended, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except Exception as error:
        if DEBUG or not isinstance(error, _user_errors()):
            raise
        _exit(f"error: {_message(error)}", status=1 if isinstance(error, UnreadableInputsError) else 2)


def _user_errors() -> tuple[type[Exception], ...]:
    """Return the types of errors that a user can fix; TensorFlow has its own for files."""
    from tensorflow import errors

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
    message = getattr(error, "message", None) or str(error)
    return message.split("}} ", 1)[-1] if message.startswith("{{") else message  # without {{the node}}


def _exit(message: str, status: int) -> NoReturn:
    print(printable(message), file=sys.stderr)
    sys.exit(status)
