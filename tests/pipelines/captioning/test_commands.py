import json
import re
import shutil

import pytest
import tensorflow as tf

from foveal.pipelines.captioning.commands import COMMANDS
from foveal.pipelines.cli import main


def command(*args):
    main.main(COMMANDS, "test", "", list(map(str, args)))


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """The folder of a captioner of pictures of two colours, made on the command line."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: None)
        command(
            *("run", "--data", folder, "--side", 32, "--vocabulary-size", 340, "--max-pieces", 12),
            *("--width", 16, "--heads", 2, "--blocks", 1, "--feed-forward", 24, "--beams", 2),
            *("--steps", 120, "--validate-every", 60, "--batch-tokens", 512, "--shapes", 1, "--no-compile"),
            *("--optimizer", "adam", "--learning-rate", 0.01, "--warmup", 10, "--ema", 0.9, "--together", 2),
            *("--self-critical", 2, "--consensus"),
            *("--runs", home / "runs", "--saved-models", home / "captioning"),
        )
    return home / "captioning"


@pytest.fixture(autouse=True)
def without_java(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_run_leaves_a_saved_model_with_its_metrics_and_where_it_looked(trained):
    version = trained / "1"
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain", "fast"}
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["tests"]["test"]["bleu_1"] > 0.5
    assert metrics["tests"]["test"]["meteor"] is None
    assert (version / "model.keras").exists()
    assert (version / "focus.png").read_bytes().startswith(b"\x89PNG")


def test_run_leaves_a_report_and_report_writes_it_again(trained, folder, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "A captioner of" in first
    assert "control: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", folder)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_doubt_tells_each_measure_beside_controls(trained, folder, capsys):
    command("doubt", "--model", trained, "--data", folder, "--pictures", 1)
    heads, _, *rows = capsys.readouterr().out.splitlines()
    assert heads.split() == ["measure", "model", "uniform", "random", "first", "last", "centre"]
    assert [row.split("  ")[0] for row in rows] == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]


def test_stress_tells_every_dose_and_draws_it(trained, folder, capsys, tmp_path):
    picture = tmp_path / "stress.png"
    command("stress", "--model", trained, "--data", folder, "--pictures", 2, "--figure", picture)
    told = capsys.readouterr().out
    assert re.findall(r"^occlusion +(\S+)", told, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_describe_prints_a_caption_for_each_picture(trained, folder, capsys):
    command("describe", "--model", trained, folder / "0.png", folder / "1.png")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("beside" in line for line in lines)


def test_explain_tells_the_gate_of_each_word_and_draws(trained, folder, capsys, tmp_path):
    command("describe", "--model", trained, folder / "0.png", "--explain", "--figure", tmp_path / "a.png")
    told = capsys.readouterr().out.splitlines()
    words = told[0].split()
    assert [line.split()[0] for line in told[2 : 2 + len(words)]] == words
    assert all("gate" in line and "rows" in line for line in told[2 : 2 + len(words)])
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_several_explanations_have_a_figure_each(trained, folder, tmp_path):
    pictures = (folder / "0.png", folder / "1.png")
    command("describe", "--model", trained, *pictures, "--explain", "--figure", tmp_path / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1.png", "a-2.png"]


def test_evaluate_measures_an_exported_model(trained, folder, capsys):
    command("evaluate", "--model", trained, "--data", folder)
    told = capsys.readouterr().out
    assert "test: BLEU-1" in told
    assert "METEOR not measured (no Java)" in told


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["describe", "a.png", "--model", "nowhere/captioning"], "and `make captioning` train"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--data", "nowhere.csv"], "nowhere.csv"),
        (["run", "--stepz", "3"], "--stepz"),
    ],
)
def test_what_cannot_be_done_is_one_clear_error(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        command(*args)
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_settings_that_do_not_go_together_are_one_clear_error(folder, capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        command("run", "--data", folder, "--attention", "spatial", "--runs", tmp_path)
    assert stopped.value.code == 2
    assert "received attention='spatial'" in capsys.readouterr().err


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_a_file_that_is_no_picture_is_one_clear_error(trained, capsys, tmp_path, explain):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    with pytest.raises(SystemExit) as stopped:
        command("describe", tmp_path / "a.jpg", "--model", trained, *explain)
    assert stopped.value.code == 2
    assert "cannot be read" in capsys.readouterr().err
