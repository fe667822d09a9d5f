"""Command line of the sentiment pipeline: `python -m foveal.pipelines.sentiment --help`."""

from ..cli.main import main  # first: it silences TensorFlow's log
from .commands import COMMANDS

if __name__ == "__main__":
    main(
        COMMANDS,
        prog="python -m foveal.pipelines.sentiment",
        description="Train, evaluate and export a text classifier with its attention.",
    )
