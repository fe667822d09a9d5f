"""The captioning pipeline on the command line: `python -m foveal.pipelines.captioning --help`."""

from ..cli import main  # first: it silences TensorFlow's log
from .commands import COMMANDS

if __name__ == "__main__":
    main.main(
        COMMANDS,
        prog="python -m foveal.pipelines.captioning",
        description="Train, evaluate, export and analyse an image captioner.",
    )
