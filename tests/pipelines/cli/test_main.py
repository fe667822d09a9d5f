"""Tests of the command line: flags, errors, exit status."""

import dataclasses
import subprocess
import sys
from typing import Literal

import pytest
import tensorflow as tf
import tyro

from foveal.pipelines.cli import main
from foveal.pipelines.cli.predict import UnreadableInputsError


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "phrases"
    steps: int = 100
    model: Literal["transformer", "rnn"] = "transformer"
    gate: bool = True


def run(command, *args):
    main.main({"train": command, "other": lambda: None}, "prog", "About.", ["train", *args])


def run_and_exit(capsys, command, *args):
    """Run a command that fails; return its exit status and message."""
    with pytest.raises(SystemExit) as error:
        run(command, *args)
    return error.value.code, capsys.readouterr().err


def raising(error):
    def command() -> None:
        raise error

    return command


def test_fields_of_config_are_flags():
    received = []

    def train(config: Config) -> None:
        received.append(config)

    run(train, "--steps", "7", "--model", "rnn", "--no-gate")
    assert received == [Config(steps=7, model="rnn", gate=False)]


def test_command_accepts_positional_arguments_and_config():
    received = []

    def train(text: tyro.conf.Positional[str], config: Config, explain: bool = False) -> None:
        received.append((text, config.data, explain))

    run(train, "olá", "--data", "mine.tsv", "--explain")
    assert received == [("olá", "mine.tsv", True)]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--stepz", "3"], "unknown flag --stepz; did you mean --steps?"),
        (["--steps", "many"], "'many'"),
        (["--model", "cnn"], "'transformer'"),
    ],
)
def test_invalid_flag_exits_with_status_2(capsys, args, message):
    def train(config: Config) -> None:
        raise AssertionError("must not run")

    status, output = run_and_exit(capsys, train, *args)
    assert status == 2
    assert message in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("Expected 3 lines. Received: 2."), "error: Expected 3 lines. Received: 2.\n"),
        (OSError(28, "No space left on device", "/x"), "error: No space left on device: /x\n"),
        (ValueError("class 'a\x1b[2J'"), "error: class 'a\\x1b[2J'\n"),
        (OSError("no model there"), "error: no model there\n"),
        (
            tf.errors.ResourceExhaustedError(None, None, "{{node W}} /x; No space left on device"),
            "error: /x; No space left on device\n",
        ),
    ],
)
def test_user_error_exits_with_message_and_status_2(capsys, error, message):
    assert run_and_exit(capsys, raising(error)) == (2, message)


def test_unreadable_inputs_exit_with_status_1(capsys):
    error = UnreadableInputsError("1 of 3 texts could not be read")
    assert run_and_exit(capsys, raising(error)) == (1, "error: 1 of 3 texts could not be read\n")


def test_failed_write_exits_with_one_line(capsys, tmp_path):
    (tmp_path / "file").touch()
    missing, invalid = tmp_path / "no" / "x", tmp_path / "file" / "x"
    status, message = run_and_exit(capsys, lambda: missing.write_text(""))
    assert (status, message) == (2, f"error: No such file or directory: {missing}\n")
    status, message = run_and_exit(capsys, lambda: tf.io.write_file(str(invalid), "a"))
    assert status == 2
    assert str(invalid.parent) in message
    assert message.count("\n") == 1
    assert "{{" not in message


def test_defect_keeps_traceback():
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError()))


def test_debug_keeps_traceback_of_user_error(monkeypatch):
    monkeypatch.setattr(main, "DEBUG", True)
    with pytest.raises(ValueError, match="message"):
        run(raising(ValueError("message")))


def test_interrupt_exits_with_status_130(capsys):
    assert run_and_exit(capsys, raising(KeyboardInterrupt())) == (130, "stopped\n")


def test_closed_standard_output_exits_silently(tmp_path):
    """As with `| head -1`: no message, no traceback."""
    code = (
        "from foveal.pipelines.cli.main import main\n"
        "def count() -> None:\n    for number in range(100_000):\n        print(number)\n"
        "main({'count': count, 'other': lambda: None}, 'prog', 'About.', ['count'])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 141
    process.stderr.close()
