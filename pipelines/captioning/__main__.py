"""The captioning pipeline on the command line: `python -m foveal.pipelines.captioning --help`."""

from .. import cli  # first: it silences TensorFlow's log
from .commands import describe, evaluate, report, run

if __name__ == "__main__":
    cli.main(
        {"run": run, "evaluate": evaluate, "report": report, "describe": describe},
        prog="python -m foveal.pipelines.captioning",
        description="Train, evaluate and export a captioner that tells where it looked.",
    )
