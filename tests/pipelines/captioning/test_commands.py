"""Tests of the commands of the captioning pipeline, on images of two colours."""

import io
import json
import re
import shutil

import pytest
import tensorflow as tf

from foveal.pipelines.captioning.commands import COMMANDS
from foveal.pipelines.cli.main import main


def command(*args):
    main(COMMANDS, "test", "", list(map(str, args)))


def run(folder, home, *flags):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: None)
        command(
            *("run", "--data", folder, "--image-size", 32, "--vocabulary-size", 340),
            *("--max-sequence-length", 12, "--hidden-dim", 16, "--num-heads", 2, "--num-layers", 1),
            *("--intermediate-dim", 24, "--num-beams", 2, "--steps", 120, "--validation-freq", 60),
            *("--batch-tokens", 512, "--num-buckets", 1, "--no-jit-compile", "--optimizer", "adam"),
            *("--learning-rate", 0.01, "--warmup-steps", 10, "--ema-momentum", 0.9),
            *("--captions-per-image", 2, "--self-critical-steps", 2, "--minimum-bayes-risk"),
            *("--runs", home / "runs", "--saved-models", home / "captioning"),
            *flags,
        )


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    """Run the pipeline for a few updates; return the folder of its exports."""
    home = tmp_path_factory.mktemp("home")
    run(folder, home)
    return home / "captioning"


@pytest.fixture(autouse=True)
def without_java(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_run_exports_model_with_metrics_and_figure(trained):
    version = trained / "1"
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain", "fast"}
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["tests"]["test"]["bleu_1"] > 0.5
    assert metrics["tests"]["test"]["meteor"] is None
    assert (version / "model.keras").exists()
    assert (version / "focus.png").read_bytes().startswith(b"\x89PNG")


def test_report_of_run_and_report_command_are_equal(trained, folder, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "Captioning: " in first
    assert "baseline: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", folder)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_faithfulness_prints_measures_and_baselines(trained, folder, capsys):
    command("faithfulness", "--model", trained, "--data", folder, "--num-examples", 1)
    output = capsys.readouterr().out
    assert re.findall(r"^(\w.*) \((?:higher|lower) is better\)", output, re.MULTILINE) == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]
    assert output.count("attention of the model") == output.count("  uniform  ") == 3


def test_robustness_prints_every_severity_and_saves_figure(trained, folder, capsys, tmp_path):
    figure = tmp_path / "robustness.png"
    command("robustness", "--model", trained, "--data", folder, "--num-examples", 2, "--figure", figure)
    output = capsys.readouterr().out
    assert re.findall(r"^occlusion +(\S+)", output, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_describe_prints_caption_of_each_image(trained, folder, capsys):
    command("describe", "--model", trained, folder / "0.png", folder / "1.png")
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all("beside" in line for line in lines)
    command("describe", "--json", "--model", trained, folder / "0.png", folder / "1.png")
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["input"] for row in objects] == [str(folder / "0.png"), str(folder / "1.png")]
    assert [row["text"] for row in objects] == lines
    assert all(row["score"] < 0 for row in objects)


def test_describe_explain_prints_gate_of_each_word_and_saves_figure(trained, folder, capsys, tmp_path):
    command("describe", "--model", trained, folder / "0.png", "--explain", "--figure", tmp_path / "a.png")
    output = capsys.readouterr().out.splitlines()
    words = output[0].split()
    assert [line.split()[0] for line in output[2 : 2 + len(words)]] == words
    explained = re.compile(r"\S+ +gate \d\.\d\d  (from memory|highest weight .* at pixel rows .*)")
    assert all(map(explained.fullmatch, output[2 : 2 + len(words)]))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_describe_explain_numbers_figures_of_several_images(trained, folder, tmp_path):
    images = (folder / "0.png", folder / "1.png")
    command("describe", "--model", trained, *images, "--explain", "--figure", tmp_path / "a.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1.png", "a-2.png"]


def test_evaluate_prints_metrics_of_exported_model(trained, folder, capsys):
    command("evaluate", "--model", trained, "--data", folder)
    output = capsys.readouterr().out
    assert "test: BLEU-1" in output
    assert "METEOR not measured (no Java)" in output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["describe", "a.png", "--model", "nowhere/captioning"], "which has none. `make captioning`, or"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--data", "nowhere.csv"], "nowhere.csv"),
        (["run", "--stepz", "3"], "--stepz"),
    ],
)
def test_invalid_arguments_exit_with_message(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        command(*args)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_incompatible_settings_exit_with_message(folder, capsys, tmp_path):
    with pytest.raises(SystemExit) as error:
        command("run", "--data", folder, "--attention", "spatial", "--runs", tmp_path)
    assert error.value.code == 2
    assert "Received: attention='spatial'" in capsys.readouterr().err


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_invalid_image_file_exits_with_message(trained, capsys, tmp_path, explain):
    (tmp_path / "a.jpg").write_bytes(b"no image")
    with pytest.raises(SystemExit) as error:
        command("describe", tmp_path / "a.jpg", "--model", trained, *explain)
    assert error.value.code == 1
    assert f"{tmp_path / 'a.jpg'}: " in capsys.readouterr().err


@pytest.mark.parametrize("explain", [[], ["--explain"]])
def test_describe_goes_on_after_a_bad_file(trained, folder, capsys, tmp_path, explain, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jpg").write_bytes(b"no image")
    files = [folder / "0.png", tmp_path / "a.jpg", tmp_path / "missing.png", folder / "1.png"]
    with pytest.raises(SystemExit) as error:
        command("describe", *files, "--model", trained, *explain)
    assert error.value.code == 1
    output = capsys.readouterr()
    if not explain:
        assert [bool(line) for line in output.out.splitlines()] == [True, False, False, True]
    assert output.out.count("beside") >= 2
    lines = output.err.splitlines()
    assert lines[0].startswith(f"{tmp_path / 'a.jpg'}: ")
    assert lines[1] == f"{tmp_path / 'missing.png'}: No such file or directory"
    assert lines[-1] == "error: 2 of 4 images could not be read"


def test_describe_without_images_exits_with_message(trained, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    with pytest.raises(SystemExit) as error:
        command("describe", "--model", trained)
    assert error.value.code == 2
    assert "`images` must not be empty" in capsys.readouterr().err


@pytest.mark.slow
def test_repeated_run_exports_int8_without_training(trained, folder, tmp_path, capsys):
    shutil.copytree(trained.parent, tmp_path / "copy")  # the other tests use the latest version
    run(folder, tmp_path / "copy", "--quantize", "int8")
    assert re.search(r"^step ", capsys.readouterr().out, re.MULTILINE) is None
    float32, int8 = (tmp_path / "copy" / "captioning" / version / "assets.extra" for version in "12")
    before, after = (json.loads((extra / "metrics.json").read_text()) for extra in (float32, int8))
    assert after["quantization"]["float32_tests"] == before["tests"]
    assert after["tests"]["test"]["bleu_1"] > 0.5
    assert "| test, float32 |" in (int8 / "README.md").read_text()
