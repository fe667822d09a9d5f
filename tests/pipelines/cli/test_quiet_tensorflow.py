"""Test of the import of TensorFlow without its log, in a new process."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(("debug", "level", "silent"), [("", "3", True), ("1", "None", False)])
def test_import_of_main_silences_tensorflow(debug, level, silent):
    code = (
        "import os, foveal.pipelines.cli.main, tensorflow;"
        "print(os.environ.get('TF_CPP_MIN_LOG_LEVEL')); os.write(2, b'stderr')"
    )
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    process = subprocess.run(
        [sys.executable, "-c", code],
        env={**environment, "FOVEAL_DEBUG": debug, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout.split() == [level]
    assert (process.stderr == "stderr") == silent
