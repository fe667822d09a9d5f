"""The sentiment pipeline on the command line: `python -m foveal.pipelines.sentiment --help`."""

from ..cli import main  # first: it silences TensorFlow's log
from .commands import COMMANDS

if __name__ == "__main__":
    main.main(
        COMMANDS,
        prog="python -m foveal.pipelines.sentiment",
        description="Train, evaluate and export a classifier of texts that tells what it looked at.",
    )
