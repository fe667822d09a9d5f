"""Command line of the server: `python -m foveal.pipelines.serving --help`."""

from ..cli.main import main  # first: it silences TensorFlow's log
from .command import serve

if __name__ == "__main__":
    main(
        serve,
        prog="python -m foveal.pipelines.serving",
        description="Serve the SavedModels of a folder over HTTP.",
    )
