"""The command line as its user types it, on the tiny language."""

import io
import json
import re
import sys

import pytest
import tensorflow as tf

from foveal.pipelines.cli import main
from foveal.pipelines.sentiment.commands import COMMANDS


def command(*args):
    main.main(COMMANDS, "sentiment", "Classifies.", [str(arg) for arg in args])


@pytest.fixture(scope="module")
def trained(toy_config, tmp_path_factory):
    """What `run` leaves behind after a few updates."""
    folder = tmp_path_factory.mktemp("trained")
    command(
        *("run", "--data", toy_config.data.data, "--vocabulary-size", 340, "--max-pieces", 40),
        *("--architecture", "pooling", "--attention", "adaptive", "--width", 16, "--heads", 2),
        *("--buckets", 100, "--dropout", 0, "--steps", 100, "--validate-every", 50, "--warmup", 10),
        *("--shapes", 1, "--batch-tokens", 512, "--learning-rate", 0.02, "--no-compile"),
        *("--runs", folder / "runs", "--saved-models", folder / "models"),
    )
    return folder / "models"


def test_run_exports_a_model_with_its_card_metrics_and_pictures(trained):
    version = trained / "1"
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["training"]["steps"] == 100
    assert metrics["tests"]["test"]["accuracy"] == 1
    assert sum(metrics["tests"]["test"]["reliability"]["count"]) == metrics["tests"]["test"]["texts"]
    assert json.loads((version / "assets.extra" / "config.json").read_text())["model"]["width"] == 16
    assert "| test |" in (version / "assets.extra" / "README.md").read_text()
    for picture in ("highlights.png", "reliability.png"):
        assert (version / picture).read_bytes().startswith(b"\x89PNG")
    assert (version / "model.keras").exists()
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain"}


def test_run_goes_on_from_an_exported_model(trained, toy_config, tmp_path):
    command(
        *("run", "--start", trained, "--data", toy_config.data.data, "--max-pieces", 40),
        *("--architecture", "pooling", "--attention", "adaptive", "--width", 16, "--heads", 2),
        *("--buckets", 100, "--dropout", 0, "--steps", 1, "--learning-rate", 0),
        *("--shapes", 1, "--batch-tokens", 512, "--no-compile"),
        *("--runs", tmp_path / "runs", "--saved-models", tmp_path / "models"),
    )
    metrics = json.loads((tmp_path / "models" / "1" / "assets.extra" / "metrics.json").read_text())
    assert metrics["tests"]["test"]["accuracy"] == 1


def test_run_leaves_a_report_and_report_writes_it_again(trained, toy_config, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "A classifier of" in first
    assert "control: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", toy_config.data.data)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_doubt_tells_each_measure_beside_controls(trained, toy_config, capsys):
    command("doubt", "--model", trained, "--data", toy_config.data.data, "--texts", 7)
    heads, _, *rows = capsys.readouterr().out.splitlines()
    assert heads.split() == ["measure", "model", "uniform", "random", "first", "last", "centre"]
    assert [row.split("  ")[0] for row in rows] == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]


def test_stress_tells_every_dose_and_draws_it(trained, toy_config, capsys, tmp_path):
    picture = tmp_path / "stress.png"
    command(
        *("stress", "--model", trained, "--data", toy_config.data.data, "--texts", 6, "--figure", picture)
    )
    told = capsys.readouterr().out
    assert re.findall(r"^words dropped +(\S+)", told, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert "distractors" not in told  # without rationales nobody knows what decides nothing
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_classify_prints_a_label_for_each_text(trained, capsys):
    command("classify", "--model", trained, "The dog was lovely! The tea sat.", "The cat was plain!")
    assert capsys.readouterr().out.splitlines() == ["good", "fair"]


def test_classify_reads_the_standard_input(trained, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("The tea was awful!\n\nThe cat was plain!\n"))
    command("classify", "--model", trained)
    assert capsys.readouterr().out.splitlines() == ["bad", "", "fair"]


def test_explain_tells_and_draws_where_it_looked(trained, capsys, tmp_path):
    picture = tmp_path / "focus.png"
    command("classify", "--model", trained, "The tea was awful!", "--explain", "--figure", picture)
    told = capsys.readouterr().out
    assert "bad (bad " in told
    assert "gate 0." in told
    assert re.search(r"^(The|tea|was|awful|!) +\d+%$", told, re.MULTILINE)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_several_explanations_have_a_picture_each(trained, tmp_path):
    figure = tmp_path / "focus.png"
    command("classify", "--model", trained, "the dog", "plain cat", "--explain", "--figure", figure)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["focus-1.png", "focus-2.png"]


def test_a_blank_text_is_explained_without_a_picture(trained, tmp_path, capsys):
    command("classify", "--model", trained, " ", "--explain", "--figure", tmp_path / "focus.png")
    assert "no label: the text is blank" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_evaluate_measures_an_exported_model_and_draws_its_calibration(trained, toy_config, capsys, tmp_path):
    picture = tmp_path / "reliability.png"
    command("evaluate", "--model", trained, "--data", toy_config.data.data, "--figure", picture)
    assert "test: accuracy 100.00%, macro F1 1.0000, ROC AUC 1.0000" in capsys.readouterr().out
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["classify", "hello", "--model", "nowhere/sentiment"],
            "`make sentiment` and `make captioning` train",
        ),
        (["run", "--data", "nowhere.tsv"], "nowhere.tsv"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--attention", "none"], "none"),
        (["run", "--stepz", "3"], "--stepz"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        command(*args)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
