"""The translation pipeline on the command line: `python -m foveal.pipelines.translation --help`."""

from .. import cli  # first: it silences TensorFlow's log
from .commands import doubt, evaluate, report, run, stress, translate

if __name__ == "__main__":
    cli.main(
        {
            "run": run,
            "evaluate": evaluate,
            "report": report,
            "doubt": doubt,
            "stress": stress,
            "translate": translate,
        },
        prog="python -m foveal.pipelines.translation",
        description="Train, evaluate and export a translator that tells where it looked.",
    )
