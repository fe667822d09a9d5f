"""The sentiment pipeline on the command line: `python -m foveal.pipelines.sentiment --help`."""

from .. import cli  # first: it silences TensorFlow's log
from .commands import classify, doubt, evaluate, report, run, stress

if __name__ == "__main__":
    cli.main(
        {
            "run": run,
            "evaluate": evaluate,
            "report": report,
            "doubt": doubt,
            "stress": stress,
            "classify": classify,
        },
        prog="python -m foveal.pipelines.sentiment",
        description="Train, evaluate and export a classifier of texts that tells what it looked at.",
    )
