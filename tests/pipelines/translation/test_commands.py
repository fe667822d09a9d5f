"""Tests of the commands of the translation pipeline, on a tiny language."""

import io
import json
import re
import sys

import pytest
import tensorflow as tf

from foveal.pipelines.cli.main import main
from foveal.pipelines.sentiment.commands import COMMANDS as SENTIMENT
from foveal.pipelines.translation.commands import COMMANDS


def command(*args):
    main(COMMANDS, "translation", "Translates.", [str(arg) for arg in args])


@pytest.fixture(scope="module")
def trained(toy_config, tmp_path_factory):
    """Run the pipeline for a few updates; return the folder of its exports."""
    folder = tmp_path_factory.mktemp("trained")
    command(
        *("run", "--data", toy_config.data.data, "--vocabulary-size", 340, "--max-sequence-length", 40),
        *("--hidden-dim", 32, "--num-heads", 2, "--num-encoder-layers", 1, "--num-decoder-layers", 1),
        *("--intermediate-dim", 32, "--dropout", 0, "--steps", 240, "--validation-freq", 120),
        *("--warmup-steps", 20, "--num-buckets", 1),
        *("--batch-tokens", 512, "--learning-rate", 0.01, "--label-smoothing", 0, "--no-jit-compile"),
        *("--runs", folder / "runs", "--saved-models", folder / "models"),
    )
    return folder / "models"


def test_run_exports_model_with_card_metrics_and_figure(trained):
    version = trained / "1"
    metrics = json.loads((version / "assets.extra" / "metrics.json").read_text())
    assert metrics["training"]["steps"] == 240
    test = metrics["tests"]["test"]
    assert test["beam"]["bleu"]["signature"].startswith("nrefs:1|case:mixed")
    assert 0 < test["token_accuracy"] <= 1
    assert json.loads((version / "assets.extra" / "config.json").read_text())["model"]["hidden_dim"] == 32
    assert "| test |" in (version / "assets.extra" / "README.md").read_text()
    assert (version / "alignment.png").read_bytes().startswith(b"\x89PNG")
    assert (version / "model.keras").exists()
    assert tf.saved_model.load(str(version)).signatures.keys() == {"serving_default", "explain", "fast"}


def test_report_of_run_and_report_command_are_equal(trained, toy_config, capsys):
    page = trained / "1" / "assets.extra" / "focus.html"
    first = page.read_text("utf-8")
    assert "Translation: " in first
    assert "baseline: uniform" in first
    page.unlink()
    command("report", "--model", trained, "--data", toy_config.data.data)
    assert capsys.readouterr().out.splitlines()[-1] == f"report: {page}"
    assert len(page.read_text("utf-8")) == len(first)


def test_faithfulness_prints_measures_and_baselines(trained, toy_config, capsys):
    command("faithfulness", "--model", trained, "--data", toy_config.data.data, "--num-examples", 2)
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
    command("robustness", "--model", trained, "--data", data, "--num-examples", 3, "--figure", figure)
    output = capsys.readouterr().out
    assert re.findall(r"^words dropped +(\S+)", output, re.MULTILINE) == ["0.05", "0.1", "0.2", "0.3", "0.5"]
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_translate_prints_translation_of_each_text(trained, capsys):
    command("translate", "--model", trained, "the dog sees one cat.", "one big cat sees the dog.")
    assert capsys.readouterr().out.splitlines() == ["o cão vê um gato.", "um gato grande vê o cão."]


def test_translate_prints_json_objects(trained, capsys):
    command("translate", "--json", "--model", trained, "the dog sees one cat.", "")
    output = capsys.readouterr()
    first, blank = map(json.loads, output.out.splitlines())
    assert (first["input"], first["text"]) == ("text 1", "o cão vê um gato.")
    assert first["score"] < 0
    assert (blank["text"], blank["note"]) == ("", "the text is blank and has no translation")
    assert output.err == "text 2: the text is blank and has no translation\n"


def test_translate_reads_standard_input(trained, capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("the dog sees one cat.\n\none cat sees the dog.\n"))
    command("translate", "--model", trained)
    assert capsys.readouterr().out.splitlines() == ["o cão vê um gato.", "", "um gato vê o cão."]


def test_translate_explain_prints_alignment_and_saves_figure(trained, capsys, tmp_path):
    figure = tmp_path / "focus.png"
    command("translate", "--model", trained, "the dog sees one cat.", "--explain", "--figure", figure)
    output = capsys.readouterr().out
    assert "o cão vê um gato." in output
    assert sum(" <- " in line or " from memory " in line for line in output.splitlines()) == 6
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_translate_explain_numbers_figures_of_several_texts(trained, tmp_path):
    command(
        *("translate", "--model", trained, "the dog", "one cat", "--explain"),
        *("--figure", tmp_path / "focus.png"),
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["focus-1.png", "focus-2.png"]


def test_translate_explain_of_blank_text_saves_no_figure(trained, tmp_path, capsys):
    command("translate", "--model", trained, " ", "--explain", "--figure", tmp_path / "focus.png")
    assert "heat map" not in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_evaluate_prints_metrics_of_exported_model(trained, toy_config, capsys):
    command("evaluate", "--model", trained, "--data", toy_config.data.data)
    output = capsys.readouterr().out
    assert "test (beam): BLEU" in output
    assert "test (greedy): BLEU" in output


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["translate", "hello", "--model", "nowhere/translation"], "which has none. `make translation`, or"),
        (["run", "--data", "nowhere.tsv"], "nowhere.tsv"),
        (["run", "--data", "nothing"], "'nothing'"),
        (["run", "--steps", "many"], "many"),
        (["run", "--stepz", "3"], "unknown flag --stepz; did you mean --steps?"),
        (["run", "--width", "3"], "unknown flag --width; did you mean --hidden-dim?"),
        (["doubt"], "unknown command doubt; did you mean faithfulness?"),
    ],
)
def test_invalid_arguments_exit_with_message(args, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as error:
        command(*args)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_model_of_another_pipeline_exits_with_message(trained, toy_config, capsys):
    for args in (["classify", "hello"], ["report", "--data", toy_config.data.data]):
        with pytest.raises(SystemExit) as error:
            main(SENTIMENT, "sentiment", "Classifies.", [*args, "--model", str(trained)])
        assert error.value.code == 2
        assert "must be a model of the sentiment pipeline" in capsys.readouterr().err


def test_data_of_another_script_exit_with_message(trained, tmp_path, capsys):
    data = tmp_path / "thai.tsv"
    data.write_text("หมอเห็น\tฉันรักเธอ\n" * 60, encoding="utf-8")
    for name in ("evaluate", "report", "faithfulness", "robustness"):
        with pytest.raises(SystemExit) as error:
            command(name, "--model", trained, "--data", data)
        assert error.value.code == 2
        assert "Received: data in Thai" in capsys.readouterr().err


def test_translate_notes_blank_and_truncated_texts_on_standard_error(trained, capsys):
    command("translate", "--model", trained, "", "the dog sees one cat. " * 20)
    output = capsys.readouterr()
    assert len(output.out.splitlines()) == 2
    blank, truncated = output.err.splitlines()
    assert blank == "text 1: the text is blank and has no translation"
    assert re.match(r"text 2: only the first \d+ of 440 bytes were read", truncated)


def test_evaluate_with_another_tokenizer_prints_its_signature(trained, toy_config, capsys):
    command("evaluate", "--model", trained, "--data", toy_config.data.data, "--bleu-tokenizer", "char")
    assert "|tok:char|" in capsys.readouterr().out
    assert "|tok:13a|" in (trained / "1" / "assets.extra" / "README.md").read_text()


def test_languages_of_the_data_are_exported(trained):
    """A TSV names none, so the configuration and the card name none."""
    assert "from None" not in (trained / "1" / "assets.extra" / "README.md").read_text()
