"""Command line of the translation pipeline: `python -m foveal.pipelines.translation --help`."""

from ..cli.main import main  # first: it silences TensorFlow's log
from .commands import COMMANDS

if __name__ == "__main__":
    main(
        COMMANDS,
        prog="python -m foveal.pipelines.translation",
        description="Train, evaluate and export a translation model with its attention.",
    )
