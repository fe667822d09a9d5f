"""Command line of the server: `python -m foveal.pipelines.serving --help`."""

from ...optional_dependencies import optional_dependency

with optional_dependency("serve"):
    from ..cli.main import main  # first: it silences TensorFlow's log

    # isort: split
    from .commands import serve

if __name__ == "__main__":
    main(
        serve,
        prog="python -m foveal.pipelines.serving",
        description="Serve the SavedModels of a folder over HTTP.",
    )
