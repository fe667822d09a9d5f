"""What the sentiment pipeline does when it is asked on the command line."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...datasets import LabelledText
from ...focus.figures.reliability import reliability_figure
from ..cli.main import numbered
from ..evaluation.faithfulness import faithfulness_table, print_plausibility, print_robustness
from ..evaluation.report import write_model_report
from ..saved_model.export import export, latest_version, load, to_json
from ..training.warm_start import load_codec
from .analysis.explanation import explain as explain_text
from .analysis.faithfulness import doubt as doubt_of
from .analysis.plausibility import plausibility
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import measure_robustness
from .config import DataConfig, SentimentConfig
from .data import TESTS, prepare
from .data import load as load_split
from .evaluate import classify as classify_texts
from .evaluate import evaluate as evaluate_test
from .model_card import card
from .train import train_classifier

SAVED_MODELS = Path("saved_models/sentiment")


def run(config: SentimentConfig) -> None:
    """Prepare the data, train, calibrate, evaluate, export, write a report, and explain one text."""
    started = time.monotonic()
    data = prepare(config.data, config.model.attention_loss_weight > 0, load_codec(config.warm_start_from))
    print(f"{len(data.labels):,} texts to train on, classes {', '.join(data.classes)}", end=", ")
    print(f"{len(data.codec.vocabulary):,} pieces")
    model, classifier, told = train_classifier(config, data)
    signatures = classifier.signatures()
    tests = {name: _measure(signatures, name, test) for name, test in data.tests.items()}
    metrics = {"training": told, "tests": tests}
    extras = {
        "config.json": to_json(config),
        "metrics.json": to_json(metrics),
        "README.md": card(config, data.classes, metrics),
    }
    version = export(config.saved_models, classifier, signatures, model, extras)
    _draw_reliability(next(iter(tests.values())), version / "reliability.png")
    print(f"exported to {version}; {time.monotonic() - started:.0f} s in all")
    name, test = next(iter(data.tests.items()))
    _report(signatures, config.data, name, test, version)
    print()
    classify((test.text[0],), model=version, explain=True, figure=version / "highlights.png")


def evaluate(data: DataConfig, model: Path = SAVED_MODELS, figure: Path | None = None) -> None:
    """Measure an exported model on the test splits of a data set.

    Args:
        data: the set.
        model: folder of an exported model, or of its versions.
        figure: where a picture of the calibration goes; with several splits, that of the first.
    """
    signatures = load(model).signatures
    names = TESTS.get(data.data, ("test",))
    tests = [_measure(signatures, name, load_split(data, name)) for name in names]
    if figure:
        _draw_reliability(tests[0], figure)


def report(data: DataConfig, model: Path = SAVED_MODELS) -> None:
    """Write a page that shows where an exported model looked, for texts of a test split.

    Args:
        data: the set.
        model: folder of an exported model, or of its versions.
    """
    name = TESTS.get(data.data, ("test",))[0]
    _report(load(model).signatures, data, name, load_split(data, name), latest_version(model))


def doubt(data: DataConfig, model: Path = SAVED_MODELS, texts: int = 200) -> None:
    """Ask whether the labels rest on the words that an exported model looked at, beside controls.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        texts: how many; each is classified some two hundred times.
    """
    print(faithfulness_table(doubt_of(load(model).signatures, _first(data, texts))))


def stress(
    data: DataConfig, model: Path = SAVED_MODELS, texts: int = 500, figure: Path = Path("stress.png")
) -> None:
    """Measure what growing noise does to the labels of an exported model, and to where it looks.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        texts: how many; each is classified in every dose of every noise.
        figure: where the picture goes.
    """
    found = measure_robustness(load(model).signatures, _first(data, texts))
    print_robustness(found, "accuracy", figure)


def classify(
    text: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    model: Path = SAVED_MODELS,
    explain: bool = False,
    figure: Path = Path("highlights.png"),
) -> None:
    """Classify texts, or the lines of the standard input, with an exported model.

    Args:
        text: what to classify; without any, the standard input is read line by line.
        model: folder of an exported model, or of its versions.
        explain: also say which words were looked at, and draw it.
        figure: where the picture goes; with several texts, numbered.
    """
    signatures = load(model).signatures
    texts = list(text) or [line.rstrip("\n") for line in sys.stdin]
    if not explain:
        print(*classify_texts(signatures["serving_default"], texts), sep="\n")
        return
    for place, one in enumerate(texts):
        _explain(signatures["explain"], one, numbered(figure, place, len(texts)))


def _first(data: DataConfig, texts: int) -> LabelledText:
    """The first texts of the first test split."""
    return load_split(data, TESTS.get(data.data, ("test",))[0]).select(range(texts))


def _measure(signatures: dict, name: str, test: LabelledText) -> dict[str, Any]:
    """Measure quality, calibration, and attention where gold rationales are known; print all."""
    told = evaluate_test(signatures["serving_default"], test)
    auc = "not defined, a class is missing" if told["roc_auc"] is None else f"{told['roc_auc']:.4f}"
    print(
        f"{name}: accuracy {told['accuracy']:.2%}, macro F1 {told['macro_f1']:.4f}, ROC AUC {auc}, "
        f"calibration error {told['reliability'].error:.4f}, on {told['texts']:,} texts"
    )
    if test.rationales is not None:
        told["attention"] = plausibility(signatures["explain"], test)
        print_plausibility(name, told["attention"])
    return told


def _draw_reliability(told: dict[str, Any], path: Path) -> None:
    bins = told["reliability"]
    reliability_figure(bins.confidence, bins.accuracy, bins.count, bins.error).savefig(path)


def _report(signatures: Mapping, data: DataConfig, name: str, test: LabelledText, version: Path) -> None:
    examples = report_examples(signatures["explain"], test)
    write_model_report(version, examples, f"A classifier of {data.data}, {name}", MEASURES)


def _explain(signature: Any, text: str, figure: Path) -> None:
    explanation = explain_text(signature, text)
    print(f"{text}\n\n{explanation.table()}")
    if explanation.words:
        explanation.figure().savefig(figure)
        print(f"picture: {figure}")


COMMANDS = {command.__name__: command for command in (run, evaluate, report, doubt, stress, classify)}
