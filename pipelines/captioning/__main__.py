"""The captioning pipeline on the command line: `python -m foveal.pipelines.captioning --help`."""

from .. import cli  # first: it silences TensorFlow's log
from .commands import describe, doubt, evaluate, report, run, stress

if __name__ == "__main__":
    cli.main(
        {
            "run": run,
            "evaluate": evaluate,
            "report": report,
            "doubt": doubt,
            "stress": stress,
            "describe": describe,
        },
        prog="python -m foveal.pipelines.captioning",
        description="Train, evaluate and export a captioner that tells where it looked.",
    )
