"""Check of command-line names: unknown flags and commands, with suggestions and renamed flags."""

import dataclasses
import difflib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, get_type_hints

RENAMED_COMMANDS = {"doubt": "faithfulness", "stress": "robustness"}
RENAMED_FLAGS = {
    "--accumulate": "--gradient-accumulation-steps",
    "--alignment-block": "--alignment-layer",
    "--beams": "--num-beams",
    "--blocks": "--num-layers",
    "--buckets": "--num-bins",
    "--clip-norm": "--global-clipnorm",
    "--compile": "--jit-compile",
    "--consensus": "--minimum-bayes-risk",
    "--decoder-blocks": "--num-decoder-layers",
    "--doubly-stochastic": "--doubly-stochastic-weight",
    "--ema": "--ema-momentum",
    "--embedding": "--embedding-dim",
    "--encoder-blocks": "--num-encoder-layers",
    "--feed-forward": "--intermediate-dim",
    "--guide": "--attention-loss-weight",
    "--heads": "--num-heads",
    "--max-pieces": "--max-sequence-length",
    "--mirror": "--horizontal-flip",
    "--no-compile": "--no-jit-compile",
    "--no-consensus": "--no-minimum-bayes-risk",
    "--no-mirror": "--no-horizontal-flip",
    "--objects": "--object-steps",
    "--pictures": "--num-examples",
    "--positions": "--position-encoding",
    "--region": "--kernel-size",
    "--schedule": "--learning-rate-schedule",
    "--self-critical": "--self-critical-steps",
    "--self-critical-rate": "--self-critical-learning-rate",
    "--sentences": "--num-examples --max-sentences",
    "--shapes": "--num-buckets",
    "--side": "--image-size",
    "--start": "--warm-start-from",
    "--texts": "--num-examples",
    "--together": "--captions-per-image",
    "--validate-every": "--validation-freq",
    "--warmup": "--warmup-steps",
    "--width": "--hidden-dim",
    "--window": "--window-size",
}


def check_names(commands: Mapping[str, Callable[..., object]], args: Sequence[str]) -> None:
    """Check the command and the flags of a command line.

    Args:
        commands: functions by name.
        args: command line, the command first.

    Raises:
        ValueError: for an unknown command or flag, with the name that is most similar, or its new name.

    Example:
        >>> def train(num_heads: int = 4) -> None: ...
        >>> check_names({"train": train}, ["train", "--heads", "2"])
        Traceback (most recent call last):
        ValueError: unknown flag --heads; did you mean --num-heads?
    """
    if not args or args[0].startswith("-"):
        return
    command, *rest = args
    if command not in commands:
        raise ValueError(f"unknown command {command}{_suggestion(command, commands, RENAMED_COMMANDS)}")
    check_flags(commands[command], rest)


def check_flags(command: Callable[..., object], args: Sequence[str]) -> None:
    """Check the flags of a command.

    Args:
        command: function whose arguments are the flags.
        args: command line after the name of the command.

    Raises:
        ValueError: for an unknown flag, with the name that is most similar, or its new name.
    """
    flags = flags_of(command)
    for argument in args:
        if argument == "--":
            return
        flag = argument.partition("=")[0].replace("_", "-")
        if flag.startswith("--") and not flag.startswith("--tyro-") and flag not in flags:
            raise ValueError(f"unknown flag {flag}{_suggestion(flag, flags, RENAMED_FLAGS)}")


def flags_of(command: Callable[..., object]) -> set[str]:
    """List the flags of a command: its arguments, and the fields of arguments that are dataclasses."""
    return {"--help", *_flags_of_fields(get_type_hints(command))}


def _flags_of_fields(types: Mapping[str, Any]) -> set[str]:
    flags = set()
    for name, type_ in types.items():
        if dataclasses.is_dataclass(type_):
            flags |= _flags_of_fields(get_type_hints(type_))
        elif name != "return":
            flag = name.replace("_", "-")
            flags |= {f"--{flag}", f"--no-{flag}"} if type_ is bool else {f"--{flag}"}
    return flags


def _suggestion(name: str, names: Collection[str], renamed: Mapping[str, str]) -> str:
    candidates = [new for new in renamed.get(name, "").split() if new in names]
    candidates = candidates or difflib.get_close_matches(name, set(names) - {"--help"}, n=1)
    return f"; did you mean {candidates[0]}?" if candidates else "; see --help"
