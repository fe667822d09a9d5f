"""Tests of the commands of the sentiment pipeline, on a tiny language."""

import io
import json
import re
import sys

import pytest
import tensorflow as tf

from foveal.pipelines.cli.main import main
from foveal.pipelines.sentiment.commands import COMMANDS


def command(*args):
    main(COMMANDS, "sentiment", "Classifies.", [str(arg) for arg in args])


@pytest.fixture(scope="module")
def trained(toy_config, tmp_path_factory):
    """Run the pipeline for a few updates; return the folder of its exports."""
    folder = tmp_path_factory.mktemp("trained")
    command(
        *("run", "--data", toy_config.data.data, "--vocabulary-size", 340, "--max-sequence-length", 40),
        *("--architecture", "pooling", "--attention", "adaptive", "--hidden-dim", 16, "--num-heads", 2),
        *("--num-bins", 100, "--dropout", 0, "--steps", 100, "--validation-freq", 50, "--warmup-steps", 10),
        *("--num-buckets", 1, "--batch-tokens", 512, "--learning-rate", 0.02, "--no-jit-compile"),
        *("--runs", folder / "runs", "--saved-models", folder / "models"),
    )
    return folder / "models"


def test_run_exports_model_with_card_metrics_and_figures(trained):
    version = trained / "1"
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["training"]["steps"] == 100
    assert metrics["tests"]["test"]["accuracy"] == 1
    assert sum(metrics["tests"]["test"]["reliability"]["count"]) == metrics["tests"]["test"]["texts"]
    assert json.loads((version / "assets.extra" / "config.json").read_text())["model"]["hidden_dim"] == 16
    assert "| test |" in (version / "assets.extra" / "README.md").read_text()
    for name in ("highlights.png", "reliability.png"):
        assert (version / name).read_bytes().startswith(b"\x89PNG")
    assert (version / "model.keras").exists()
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain"}


def test_run_warm_starts_from_exported_model_and_exports_int8(trained, toy_config, tmp_path):
    command(
        *("run", "--warm-start-from", trained, "--data", toy_config.data.data, "--max-sequence-length", 40),
        *("--architecture", "pooling", "--attention", "adaptive", "--hidden-dim", 16, "--num-heads", 2),
        *("--num-bins", 100, "--dropout", 0, "--steps", 1, "--learning-rate", 0),
        *("--num-buckets", 1, "--batch-tokens", 512, "--no-jit-compile"),
        *("--runs", tmp_path / "runs", "--saved-models", tmp_path / "models", "--quantize", "int8"),
    )
    extra = tmp_path / "models" / "1" / "assets.extra"
    metrics = json.loads((extra / "metrics.json").read_text())
    for tests in (metrics["tests"], metrics["quantization"]["float32_tests"]):
        assert tests["test"]["accuracy"] == 1
    assert "| test, float32 |" in (extra / "README.md").read_text()


def test_report_of_run_and_report_command_are_equal(trained, toy_config, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "Sentiment: " in first
    assert "baseline: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", toy_config.data.data)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_faithfulness_prints_measures_and_baselines(trained, toy_config, capsys):
    command("faithfulness", "--model", trained, "--data", toy_config.data.data, "--num-examples", 7)
    output = capsys.readouterr().out
    assert re.findall(r"^(\w.*) \((?:higher|lower) is better\)", output, re.MULTILINE) == [
        "comprehensiveness",
        "sufficiency",
        "agreement with leave-one-out",
    ]
    assert output.count("attention of the model") == output.count("  uniform  ") == 3


def test_robustness_prints_every_severity_and_saves_figure(trained, toy_config, capsys, tmp_path):
    figure = tmp_path / "robustness.png"
    data = toy_config.data.data
    command("robustness", "--model", trained, "--data", data, "--num-examples", 6, "--figure", figure)
    output = capsys.readouterr().out
    assert re.findall(r"^words dropped +(\S+)", output, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert "distractors" not in output  # they need rationales
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_classify_prints_label_and_probability_of_each_text(trained, capsys):
    texts = ["The dog was lovely! The tea sat.", "The cat was plain!"]
    signature = tf.saved_model.load(str(trained / "1")).signatures["serving_default"]
    probabilities = signature(text=tf.constant(texts))["probabilities"].numpy()
    command("classify", "--model", trained, *texts)
    lines = [line.split("\t") for line in capsys.readouterr().out.splitlines()]
    assert lines == [["good", f"{probabilities[0, 2]:.3f}"], ["fair", f"{probabilities[1, 1]:.3f}"]]
    command("classify", "--model", trained, *texts, "--json")
    objects = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["input"], row["label"]) for row in objects] == [("text 1", "good"), ("text 2", "fair")]
    for row, expected in zip(objects, probabilities, strict=True):
        assert list(row["probabilities"]) == ["bad", "fair", "good"]
        assert list(row["probabilities"].values()) == pytest.approx(expected.tolist(), abs=1e-6)


def test_classify_reads_standard_input(trained, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("The tea was awful!\n\nThe cat was plain!\n"))
    command("classify", "--model", trained)
    labels = [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()]
    assert labels == ["bad", "", "fair"]


def test_classify_explain_prints_words_and_saves_figure(trained, capsys, tmp_path):
    figure = tmp_path / "focus.png"
    command("classify", "--model", trained, "The tea was awful!", "--explain", "--figure", figure)
    output = capsys.readouterr().out
    assert "bad (bad " in output
    assert "gate 0." in output
    assert re.search(r"^(The|tea|was|awful|!) +\d+%$", output, re.MULTILINE)
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_classify_explain_numbers_figures_of_several_texts(trained, tmp_path):
    figure = tmp_path / "focus.png"
    command("classify", "--model", trained, "the dog", "plain cat", "--explain", "--figure", figure)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["focus-1.png", "focus-2.png"]


def test_classify_explain_of_blank_text_saves_no_figure(trained, tmp_path, capsys):
    command("classify", "--model", trained, " ", "--explain", "--figure", tmp_path / "focus.png")
    assert "no label: the text is blank" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_evaluate_prints_metrics_and_saves_reliability_diagram(trained, toy_config, capsys, tmp_path):
    figure = tmp_path / "reliability.png"
    command("evaluate", "--model", trained, "--data", toy_config.data.data, "--figure", figure)
    assert "test: accuracy 100.00%, macro F1 1.0000, ROC AUC 1.0000" in capsys.readouterr().out
    assert figure.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (
            ["classify", "hello", "--model", "nowhere/sentiment"],
            "which has none. `make sentiment`, or",
        ),
        (["run", "--data", "nowhere.tsv"], "nowhere.tsv"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--attention", "none"], "none"),
        (["run", "--stepz", "3"], "--stepz"),
    ],
)
def test_invalid_arguments_exit_with_message(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        command(*args)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["evaluate", "report", "faithfulness", "robustness"])
def test_data_of_other_classes_exit_with_message(name, trained, tmp_path, capsys):
    data = tmp_path / "other.csv"
    data.write_text("text,label\n" + "The tea was awful!,neg\nThe cat was good!,pos\n" * 40)
    with pytest.raises(SystemExit) as error:
        command(name, "--model", trained, "--data", data)
    assert error.value.code == 2
    message = capsys.readouterr().err
    assert "bad, fair, good. Received: the classes neg, pos. Rename the labels" in message


def test_warm_start_from_model_of_other_classes_exits_with_message(trained, tmp_path, capsys):
    data = tmp_path / "other.csv"
    rows = ["The tea was awful!,no", "The cat was good!,yes", "The dog was plain!,so so"]
    data.write_text("text,label\n" + "\n".join(rows * 40))
    with pytest.raises(SystemExit) as error:
        command("run", "--warm-start-from", trained, "--data", data, "--runs", tmp_path)
    assert error.value.code == 2
    assert "of the classes bad, fair, good. Rename" in capsys.readouterr().err


def test_classify_notes_blank_and_truncated_texts_on_standard_error(trained, capsys):
    command("classify", "--model", trained, "", "The tea was awful! " * 20)
    output = capsys.readouterr()
    assert re.fullmatch(r"\nbad\t[01]\.\d{3}\n", output.out)
    blank, truncated = output.err.splitlines()
    assert blank == "text 1: the text is blank and has no label"
    assert re.match(r"text 2: only the first \d+ of 380 bytes were read", truncated)
