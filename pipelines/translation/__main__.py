"""The translation pipeline on the command line: `python -m foveal.pipelines.translation --help`."""

from ..cli import main  # first: it silences TensorFlow's log
from .commands import COMMANDS

if __name__ == "__main__":
    main.main(
        COMMANDS,
        prog="python -m foveal.pipelines.translation",
        description="Train, evaluate and export a translator that tells where it looked.",
    )
