"""Test of the import of TensorFlow without its log, in a new process."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from foveal.pipelines.cli.quiet_tensorflow import MIN_VERSION

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


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


def test_old_tensorflow_raises_import_error_with_the_command_that_helps(tmp_path):
    (tmp_path / "tensorflow.py").write_text('__version__ = "2.18.1"\n')
    process = subprocess.run(
        [sys.executable, "-c", "import foveal.pipelines.cli.quiet_tensorflow"],
        env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1] == (
        "ImportError: `tensorflow` must be version 2.21 or newer. Received: 2.18.1. "
        'Install it with: pip install --upgrade "foveal[pipelines]"'
    )


def test_least_version_of_tensorflow_is_that_of_the_requirements():
    requirements = tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"]["pipelines"]
    least = ".".join(map(str, MIN_VERSION))
    assert f"tensorflow>={least}" in requirements
