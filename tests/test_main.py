"""Tests of the console command: help without TensorFlow, dispatch to the pipelines, errors."""

import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import resolve_name

import pytest

from foveal import __main__ as command_line
from foveal.pipelines.sentiment import commands as sentiment_commands

ROOT = Path(__file__).parents[1]
WITHOUT_TENSORFLOW = """
import sys
for name in ("tensorflow", "keras", "tyro", "numpy"):
    sys.modules[name] = None  # an import of it raises ImportError
from foveal.__main__ import main
main(sys.argv[1:])
"""


def run_without_tensorflow(*args):
    command = [sys.executable, "-P", "-c", WITHOUT_TENSORFLOW, *args]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def exit_of(capsys, *args):
    """Run a command that exits; return its exit status and the standard error."""
    with pytest.raises(SystemExit) as error:
        command_line.main([str(arg) for arg in args])
    return error.value.code, capsys.readouterr().err


@pytest.fixture
def received(monkeypatch):
    """The calls of `foveal.pipelines.cli.main.main`: commands, program and arguments."""
    calls = []
    monkeypatch.setattr(
        "foveal.pipelines.cli.main.main",
        lambda commands, prog, description, args: calls.append((commands, prog, args)),
    )
    return calls


def test_console_command_is_declared_and_callable():
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert resolve_name(scripts["foveal"]) is command_line.main


@pytest.mark.parametrize("args", [[], ["--help"], ["report", "--help"]])
def test_help_needs_the_standard_library_alone(args):
    process = run_without_tensorflow(*args)
    assert (process.returncode, process.stderr) == (0, "")
    if "report" not in args:
        assert 'pip install "foveal[pipelines]"' in process.stdout.replace("\n", " ")
        assert all(name in process.stdout for name in command_line.COMMANDS)


def test_missing_extra_exits_with_its_name():
    process = run_without_tensorflow("translate", "hello")
    assert process.returncode == 2
    assert process.stdout == ""
    assert process.stderr == (
        'error: `tensorflow` is not installed. Install it with: pip install "foveal[pipelines]"\n'
    )


@pytest.mark.parametrize("name", command_line.COMMANDS)
def test_command_is_that_of_the_pipeline(name, received):
    for package in command_line.COMMANDS[name].packages:
        has_choice = len(command_line.COMMANDS[name].packages) > 1
        command_line.main([name, package, "--flag"] if has_choice else [name, "--flag"])
        commands, prog, args = received.pop()
        [(command, function)] = commands.items()
        assert function is resolve_name(f"foveal.pipelines.{package}.commands:COMMANDS")[name]
        assert args == [command, "--flag"]
        assert f"{prog} {command}" == (f"foveal {name} {package}" if has_choice else f"foveal {name}")


def test_report_without_a_pipeline_runs_for_each_exported_model(received, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for pipeline in ("captioning", "sentiment"):
        (tmp_path / "saved_models" / pipeline / "3").mkdir(parents=True)
        (tmp_path / "saved_models" / pipeline / "3" / "saved_model.pb").touch()
    (tmp_path / "saved_models" / "translation").mkdir()
    command_line.main(["report"])
    assert [args for _, _, args in received] == [["sentiment"], ["captioning"]]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["report"], "`python -m foveal.pipelines.PIPELINE run`, trains and exports one"),
        (["report", "speech"], "invalid choice: 'speech'"),
        (
            ["report", "--data", "x"],
            "such as: foveal report translation --data",
        ),
        (["speak"], "invalid choice: 'speak'"),
        (["classify", "x"], "`python -m foveal.pipelines.sentiment run`, trains and exports one"),
        (["classify", "x", "--modle", "y"], "unknown flag --modle; did you mean --model?"),
    ],
)
def test_invalid_command_line_exits_with_status_2(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, output = exit_of(capsys, *args)
    assert status == 2
    assert message in output


def test_version_is_that_of_the_package(capsys):
    import foveal

    with pytest.raises(SystemExit) as error:
        command_line.main(["--version"])
    assert error.value.code == 0
    assert capsys.readouterr().out == f"foveal {foveal.__version__}\n"


def test_pipelines_declare_the_commands():
    assert sentiment_commands.COMMANDS.keys() >= {"classify", "report"}
