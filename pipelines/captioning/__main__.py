"""Command line of the captioning pipeline: `python -m foveal.pipelines.captioning --help`."""

from ..cli.main import main  # first: it imports TensorFlow without its log
from .commands import COMMANDS

if __name__ == "__main__":
    main(
        COMMANDS,
        prog="python -m foveal.pipelines.captioning",
        description="Train, evaluate, export and analyse an image captioner.",
    )
