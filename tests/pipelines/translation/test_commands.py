"""The command line as its user types it, on the tiny language."""

import io
import json
import re
import sys

import pytest
import tensorflow as tf

from foveal.pipelines.cli import main
from foveal.pipelines.translation.commands import COMMANDS


def command(*args):
    main.main(COMMANDS, "translation", "Translates.", [str(arg) for arg in args])


@pytest.fixture(scope="module")
def trained(toy_config, tmp_path_factory):
    """What `run` leaves behind after a few updates."""
    folder = tmp_path_factory.mktemp("trained")
    command(
        *("run", "--data", toy_config.data.data, "--vocabulary-size", 340, "--max-pieces", 40),
        *("--width", 32, "--heads", 2, "--encoder-blocks", 1, "--decoder-blocks", 1, "--dropout", 0),
        *("--feed-forward", 32, "--steps", 240, "--validate-every", 120, "--warmup", 20, "--shapes", 1),
        *("--batch-tokens", 512, "--learning-rate", 0.01, "--label-smoothing", 0, "--no-compile"),
        *("--runs", folder / "runs", "--saved-models", folder / "models"),
    )
    return folder / "models"


def test_run_exports_a_model_with_its_card_metrics_and_picture(trained):
    version = trained / "1"
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["training"]["steps"] == 240
    test = metrics["tests"]["test"]
    assert test["beam"]["bleu"]["signature"].startswith("nrefs:1|case:mixed")
    assert 0 < test["token_accuracy"] <= 1
    assert json.loads((version / "assets.extra" / "config.json").read_text())["model"]["width"] == 32
    assert "| test |" in (version / "assets.extra" / "README.md").read_text()
    assert (version / "alignment.png").read_bytes().startswith(b"\x89PNG")
    assert (version / "model.keras").exists()
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain", "fast"}


def test_run_leaves_a_report_and_report_writes_it_again(trained, toy_config, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "A translator of" in first
    assert "control: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", toy_config.data.data)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_doubt_tells_each_measure_beside_controls(trained, toy_config, capsys):
    command("doubt", "--model", trained, "--data", toy_config.data.data, "--sentences", 2)
    heads, _, *rows = capsys.readouterr().out.splitlines()
    assert heads.split() == ["measure", "model", "uniform", "random", "first", "last", "centre"]
    assert [row.split("  ")[0] for row in rows] == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]


def test_stress_tells_every_dose_and_draws_it(trained, toy_config, capsys, tmp_path):
    picture = tmp_path / "stress.png"
    data = toy_config.data.data
    command("stress", "--model", trained, "--data", data, "--sentences", 3, "--figure", picture)
    told = capsys.readouterr().out
    assert re.findall(r"^words dropped +(\S+)", told, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_translate_prints_a_translation_for_each_text(trained, capsys):
    command("translate", "--model", trained, "the dog sees one cat.", "one big cat sees the dog.")
    assert capsys.readouterr().out.splitlines() == ["o cão vê um gato.", "um gato grande vê o cão."]


def test_translate_reads_the_standard_input(trained, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("the dog sees one cat.\n\none cat sees the dog.\n"))
    command("translate", "--model", trained)
    assert capsys.readouterr().out.splitlines() == ["o cão vê um gato.", "", "um gato vê o cão."]


def test_explain_tells_and_draws_where_it_looked(trained, capsys, tmp_path):
    picture = tmp_path / "focus.png"
    command("translate", "--model", trained, "the dog sees one cat.", "--explain", "--figure", picture)
    told = capsys.readouterr().out
    assert "o cão vê um gato." in told
    assert sum("<-" in line for line in told.splitlines()) == 6
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_several_explanations_have_a_picture_each(trained, tmp_path):
    command(
        *("translate", "--model", trained, "the dog", "one cat", "--explain"),
        *("--figure", tmp_path / "focus.png"),
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["focus-1.png", "focus-2.png"]


def test_a_blank_text_is_explained_without_a_picture(trained, tmp_path, capsys):
    command("translate", "--model", trained, " ", "--explain", "--figure", tmp_path / "focus.png")
    assert "heat map" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_evaluate_measures_an_exported_model(trained, toy_config, capsys):
    command("evaluate", "--model", trained, "--data", toy_config.data.data)
    told = capsys.readouterr().out
    assert "test (beam): BLEU" in told
    assert "test (greedy): BLEU" in told


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["translate", "hello", "--model", "nowhere/translation"], "found none. `make translation`"),
        (["run", "--data", "nowhere.tsv"], "nowhere.tsv"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--steps", "many"], "many"),
        (["run", "--stepz", "3"], "--stepz"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        command(*args)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err
