"""Tests of unknown flags and commands: suggestions, renamed flags."""

import dataclasses

import pytest
import tyro

from foveal.pipelines.captioning.commands import COMMANDS as CAPTIONING
from foveal.pipelines.cli.flags import RENAMED_COMMANDS, RENAMED_FLAGS, check_names, flags_of
from foveal.pipelines.sentiment.commands import COMMANDS as SENTIMENT
from foveal.pipelines.translation.commands import COMMANDS as TRANSLATION


@dataclasses.dataclass(frozen=True)
class Model:
    hidden_dim: int = 8
    gate: bool = True


@dataclasses.dataclass(frozen=True)
class Config:
    model: Model
    steps: int = 3


def train(config: Config, text: tyro.conf.Positional[str] = "") -> None:
    pass


def test_flags_of_lists_arguments_and_fields():
    assert flags_of(train) >= {"--help", "--hidden-dim", "--gate", "--no-gate", "--steps"}


@pytest.mark.parametrize(
    "args",
    [
        ["train", "--hidden-dim", "3", "--no-gate"],
        ["train", "--hidden_dim=3", "text", "-h"],
        ["train", "--", "--any"],
        ["--help"],
        [],
    ],
)
def test_check_names_accepts_valid_command_lines(args):
    check_names({"train": train}, args)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "--width", "3"], r"unknown flag --width; did you mean --hidden-dim\?"),
        (["train", "--stepz=3"], r"unknown flag --stepz; did you mean --steps\?"),
        (["train", "--heads", "2"], r"unknown flag --heads; see --help"),
        (["trian"], r"unknown command trian; did you mean train\?"),
    ],
)
def test_unknown_name_raises_with_suggestion(args, message):
    with pytest.raises(ValueError, match=message):
        check_names({"train": train}, args)


def test_every_renamed_name_exists_in_a_pipeline():
    commands = [*TRANSLATION.items(), *SENTIMENT.items(), *CAPTIONING.items()]
    assert set(RENAMED_COMMANDS.values()) <= {name for name, _ in commands}
    flags = set().union(*(flags_of(command) for _, command in commands))
    assert {new for names in RENAMED_FLAGS.values() for new in names.split()} <= flags
    assert not flags & set(RENAMED_FLAGS)
