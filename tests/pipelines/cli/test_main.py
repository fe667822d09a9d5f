import dataclasses
import os
import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest
import tensorflow as tf
import tyro

from foveal.pipelines.cli import main


@dataclasses.dataclass(frozen=True)
class Config:
    data: str = "phrases"
    steps: int = 100
    model: Literal["transformer", "rnn"] = "transformer"
    gate: bool = True


def run(command, *args):
    main.main({"train": command, "other": lambda: None}, "prog", "About.", ["train", *args])


def fails(capsys, command, *args):
    with pytest.raises(SystemExit) as stop:
        run(command, *args)
    return stop.value.code, capsys.readouterr().err


def raising(error):
    def command() -> None:
        raise error

    return command


def test_every_field_of_a_config_is_a_flag():
    seen = []

    def train(config: Config) -> None:
        seen.append(config)

    run(train, "--steps", "7", "--model", "rnn", "--no-gate")
    assert seen == [Config(steps=7, model="rnn", gate=False)]


def test_a_flag_may_go_beside_a_config():
    seen = []

    def train(text: tyro.conf.Positional[str], config: Config, explain: bool = False) -> None:
        seen.append((text, config.data, explain))

    run(train, "olá", "--data", "mine.tsv", "--explain")
    assert seen == [("olá", "mine.tsv", True)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--stepz", "3"], "--stepz"),
        (["--steps", "many"], "'many'"),
        (["--model", "cnn"], "'transformer'"),
    ],
)
def test_a_wrong_flag_is_named_and_nothing_runs(capsys, args, told):
    def train(config: Config) -> None:
        raise AssertionError("must not run")

    status, message = fails(capsys, train, *args)
    assert status == 2
    assert told in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("Expected 3 lines. Received: 2."), "error: Expected 3 lines. Received: 2.\n"),
        (OSError(28, "No space left on device", "/x"), "error: No space left on device: /x\n"),
        (OSError("no model there"), "error: no model there\n"),
        (
            tf.errors.ResourceExhaustedError(None, None, "{{node W}} /x; No space left on device"),
            "error: /x; No space left on device\n",
        ),
    ],
)
def test_what_a_user_can_mend_is_one_message_and_status_2(capsys, error, told):
    assert fails(capsys, raising(error)) == (2, told)


def test_a_real_failure_to_write_is_told_in_one_line(capsys, tmp_path):
    (tmp_path / "file").touch()
    missing, taken = tmp_path / "no" / "x", tmp_path / "file" / "x"
    status, message = fails(capsys, lambda: missing.write_text(""))
    assert (status, message) == (2, f"error: No such file or directory: {missing}\n")
    status, message = fails(capsys, lambda: tf.io.write_file(str(taken), "a"))
    assert status == 2
    assert str(taken.parent) in message
    assert message.count("\n") == 1
    assert "{{" not in message


def test_a_defect_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run(raising(ZeroDivisionError()))


def test_debug_keeps_every_traceback(monkeypatch):
    monkeypatch.setattr(main, "DEBUG", True)
    with pytest.raises(ValueError, match="told"):
        run(raising(ValueError("told")))


def test_an_interrupt_ends_quietly(capsys):
    assert fails(capsys, raising(KeyboardInterrupt())) == (130, "stopped\n")


@pytest.mark.parametrize(("debug", "level", "silent"), [("", "3", True), ("1", "None", False)])
def test_importing_it_first_silences_tensorflow(debug, level, silent):
    code = (
        "import os, foveal.pipelines.cli.main, tensorflow;"
        "print(os.environ.get('TF_CPP_MIN_LOG_LEVEL')); os.write(2, b'the end')"
    )
    clean = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean, "FOVEAL_DEBUG": debug, "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [level]
    assert (done.stderr == "the end") == silent


def test_one_file_keeps_its_name_and_several_are_numbered_from_1():
    assert main.numbered(Path("b/a.png"), 0, 1) == Path("b/a.png")
    assert [main.numbered(Path("b/a.png"), place, 2) for place in (0, 1)] == [
        Path("b/a-1.png"),
        Path("b/a-2.png"),
    ]
