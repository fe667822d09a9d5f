"""Tests of the summary that `run` prints."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from foveal.pipelines.cli.commands import print_summary

NEXT_COMMAND = ["translate", "the dog.", "--explain"]
APPLICATION: Any = SimpleNamespace(
    name="translation",
    saved_models=Path("saved_models/translation"),
)


def test_summary_names_quality_model_report_and_next_command(tmp_path, capsys):
    version = tmp_path / "1"
    (version / "assets.extra").mkdir(parents=True)
    (version / "assets.extra" / "focus.html").touch()
    print_summary(APPLICATION, version, "BLEU 99.0 on test", NEXT_COMMAND)
    _, title, *lines = capsys.readouterr().out.splitlines()
    rows = dict(line.strip().split("  ", 1) for line in lines)
    assert title == "summary"
    assert rows["quality"].strip() == "BLEU 99.0 on test"
    assert rows["SavedModel"].strip() == str(version)
    assert rows["open"].strip() == str(version / "assets.extra" / "focus.html")
    command = f"-m foveal.pipelines.translation translate 'the dog.' --explain --model {version}"
    assert rows["try next"].endswith(command)


def test_summary_omits_missing_report_and_default_model(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    version = Path("saved_models/translation/1")
    print_summary(APPLICATION, version, "BLEU 0.0 on test", NEXT_COMMAND)
    output = capsys.readouterr().out
    assert "open" not in output
    assert "--model" not in output
