"""Tests of unknown flags and commands: suggestions, renamed flags."""

import dataclasses
import inspect
import re
from typing import get_type_hints

import pytest
import tyro

from foveal.pipelines.captioning.commands import COMMANDS as CAPTIONING
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.cli.flags import RENAMED_COMMANDS, RENAMED_FLAGS, check_names, flags_of
from foveal.pipelines.cli.main import main
from foveal.pipelines.sentiment.commands import COMMANDS as SENTIMENT
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.translation.commands import COMMANDS as TRANSLATION
from foveal.pipelines.translation.config import TranslationConfig


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


PIPELINE_COMMANDS = {"translation": TRANSLATION, "sentiment": SENTIMENT, "captioning": CAPTIONING}
FOREIGN_WORDS = {  # in the help of a pipeline: words of the others
    "translation": r"image|caption|class|pixel|review",
    "sentiment": r"source|target|image|caption|translat|beam|sentence pair",
    "captioning": r"source|target|translat|review|sentence|bleu",
}


def help_of(pipeline, command, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    with pytest.raises(SystemExit) as error:
        main(PIPELINE_COMMANDS[pipeline], pipeline, "About.", [command, "--help"])
    assert error.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("pipeline", PIPELINE_COMMANDS)
def test_help_speaks_of_its_own_pipeline(pipeline, capsys, monkeypatch):
    for command in PIPELINE_COMMANDS[pipeline]:
        output = help_of(pipeline, command, capsys, monkeypatch)
        assert not re.search(FOREIGN_WORDS[pipeline], output, re.IGNORECASE), command
        assert not re.search(r"config\.|\{None\}|^. Of |[Ww]idth of|\(default: \)", output, re.MULTILINE), (
            command
        )


@pytest.mark.parametrize("pipeline", PIPELINE_COMMANDS)
def test_help_of_run_has_the_groups_of_the_configuration(pipeline, capsys, monkeypatch):
    output = help_of(pipeline, "run", capsys, monkeypatch)
    groups = set(re.findall(r"(\w+) options\b", output))
    assert groups == {"data", "model", "training"} | ({"decoding"} if pipeline != "sentiment" else set())


@pytest.mark.parametrize("config", [TranslationConfig, SentimentConfig, CaptioningConfig])
def test_description_of_every_flag_is_one_line(config):
    """The help breaks a line where the source does."""
    types = [config, *filter(dataclasses.is_dataclass, get_type_hints(config).values())]
    source = "".join(inspect.getsource(base) for type_ in types for base in type_.__mro__[:-1])
    descriptions = re.findall(r'^    \w+: .*\n    """(.+)$', source, re.MULTILINE)
    assert len(descriptions) > 20
    assert [line for line in descriptions if not line.endswith('."""')] == []
