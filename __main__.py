"""Console command `foveal`, also `python -m foveal`: predictions, reports and a server of exported models.

A command is imported when it is chosen, and TensorFlow with it: `foveal --help` needs the standard library
alone. The commands are those of `python -m foveal.pipelines.<pipeline>`.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from . import __version__
from .optional_dependencies import optional_dependency

EPILOG = (
    "`foveal COMMAND --help` lists the options of a command. The commands need the extra `pipelines`: "
    'pip install "foveal[pipelines]"; `serve` needs the extra `serve`. Models are trained by '
    "`python -m foveal.pipelines.PIPELINE run`, where PIPELINE is translation, sentiment or captioning."
)


class Command(NamedTuple):
    """A command of `foveal`.

    help: its description.
    packages: the packages of `foveal.pipelines` that declare it, in `commands.COMMANDS`. The command line
        names one of several; without, the command runs for each that has an exported model.
    extra: extra of the installation that it needs.
    """

    help: str
    packages: tuple[str, ...]
    extra: str = "pipelines"


COMMANDS = {
    "translate": Command("translate texts with an exported model", ("translation",)),
    "classify": Command("classify texts with an exported model", ("sentiment",)),
    "describe": Command("describe images with an exported model", ("captioning",)),
    "report": Command(
        "write the attention report of an exported model", ("translation", "sentiment", "captioning")
    ),
    "serve": Command("serve exported models over HTTP", ("serving",), extra="serve"),
}


def main(args: Sequence[str] | None = None) -> None:
    """Run the command that the command line names; `foveal.pipelines.cli.main` has the exit statuses.

    Args:
        args: the command line; by default that of the process.
    """
    name, packages, options = parse(sys.argv[1:] if args is None else args)
    command = COMMANDS[name]
    try:
        with optional_dependency(command.extra):
            run = import_module(".pipelines.cli.main", __package__).main
            modules = [import_module(f".pipelines.{package}.commands", __package__) for package in packages]
    except ImportError as error:  # the extra is not installed, or TensorFlow is too old
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    for package, module in zip(packages, modules, strict=True):
        function = module.COMMANDS[name]
        if len(command.packages) == 1:
            run({name: function}, "foveal", command.help, [name, *options])
        else:
            run({package: function}, f"foveal {name}", command.help, [package, *options])


def parse(args: Sequence[str]) -> tuple[str, Sequence[str], Sequence[str]]:
    """Split a command line into the command, the packages to run it for, and the options of the command.

    Args:
        args: the command line; help without any.
    """
    parser = argparse.ArgumentParser("foveal", description="Use exported models.", epilog=EPILOG)
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="name", required=True)
    for name, command in COMMANDS.items():
        if len(command.packages) == 1:
            subparsers.add_parser(name, help=command.help, add_help=False)
            continue
        usage = f"foveal {name} [PIPELINE [option ...]]"
        subparser = subparsers.add_parser(name, help=command.help, description=command.help, usage=usage)
        help_text = "%(choices)s; by default each that has a model in saved_models/"
        subparser.add_argument(
            "package", metavar="PIPELINE", nargs="?", choices=command.packages, help=help_text
        )

    name, *options = args or ["--help"]
    packages = COMMANDS[name].packages if name in COMMANDS else ()
    if len(packages) < 2:
        return parser.parse_args([name]).name, packages, options
    chosen, unknown = parser.parse_known_args([name, *options[:1]])
    if unknown:
        parser.error(f"PIPELINE must precede {unknown[0]}, such as: foveal {name} {packages[0]} {unknown[0]}")
    if chosen.package:
        return name, (chosen.package,), options[1:]
    exported = [
        package for package in packages if any(Path("saved_models", package).glob("*/saved_model.pb"))
    ]
    if not exported:
        parser.error(
            "saved_models/ has no exported model. `make`, or `python -m foveal.pipelines.PIPELINE run`, "
            f"trains and exports one; PIPELINE is one of {', '.join(packages)}"
        )
    return name, exported, options


if __name__ == "__main__":
    main()
