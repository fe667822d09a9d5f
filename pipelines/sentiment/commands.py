"""Commands of the sentiment pipeline: run, evaluate, report, faithfulness, robustness, classify."""

from functools import partial
from pathlib import Path
from textwrap import shorten
from typing import Annotated

import tyro

from ...datasets import LabelledText
from ...focus.figures import reliability_figure
from ..cli.commands import (
    Application,
    Evaluate,
    Metrics,
    Signatures,
    TrainedPipeline,
    build_commands,
    evaluate_application,
    predict_texts,
)
from ..evaluation.tables import plausibility_table
from ..saved_model.batched_calls import Signature
from ..saved_model.loading import load_saved_model
from ..training.warm_start import load_codec
from .analysis.explanation import explain as explain_text
from .analysis.faithfulness import evaluate_faithfulness
from .analysis.plausibility import plausibility
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import evaluate_robustness
from .config import DatasetConfig, SentimentConfig
from .data import load_split, prepare, test_splits
from .evaluate import classify as classify_texts
from .evaluate import evaluate as evaluate_classifier
from .model_card import model_card
from .train import train_classifier

SAVED_MODELS = Path("saved_models/sentiment")


def evaluate(data: DatasetConfig, model: Path = SAVED_MODELS, figure: Path | None = None) -> None:
    """Evaluate an exported model on the test splits of a data set.

    Args:
        data: data set.
        model: folder of an exported model, or of its versions.
        figure: path of the reliability diagram of the first split; none by default.
    """
    metrics = evaluate_application(APPLICATION, data, model)
    if figure:
        _draw_reliability(next(iter(metrics.values())), figure)


def classify(
    text: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    model: Path = SAVED_MODELS,
    explain: bool = False,
    figure: Path = Path("highlights.png"),
) -> None:
    """Classify texts, or the lines of the standard input, with an exported model.

    Args:
        text: texts to classify; without any, every line of the standard input is one.
        model: folder of an exported model, or of its versions.
        explain: also print the words of highest attention and draw the text.
        figure: path of the figure; with several texts, the paths are numbered.
    """
    predict_texts(text, model, classify_texts, _explain if explain else None, figure)


def _train(config: SentimentConfig) -> TrainedPipeline:
    with_gold_attention = config.model.attention_loss_weight > 0
    data = prepare(config.data, with_gold_attention, load_codec(config.warm_start_from))
    print(
        f"{len(data.labels):,} training texts, classes {', '.join(data.classes)}, "
        f"{len(data.codec.vocabulary):,} tokens"
    )
    model, classifier, metrics = train_classifier(config, data)
    signatures = classifier.signatures()
    card = partial(model_card, config, data.classes)
    evaluate = partial(_evaluate, signatures)
    return TrainedPipeline(classifier, signatures, model, metrics, data.tests, evaluate, card)


def _evaluator(data: DatasetConfig, signatures: Signatures) -> Evaluate:
    del data
    return partial(_evaluate, signatures)


def _evaluate(signatures: Signatures, split: str, test: LabelledText) -> Metrics:
    """Measure and print quality and calibration, and plausibility if gold rationales are available."""
    metrics = evaluate_classifier(signatures["serving_default"], test)
    auc = "not defined, a class is missing" if metrics["roc_auc"] is None else f"{metrics['roc_auc']:.4f}"
    print(
        f"{split}: accuracy {metrics['accuracy']:.2%}, macro F1 {metrics['macro_f1']:.4f}, ROC AUC {auc}, "
        f"calibration error {metrics['reliability'].error:.4f}, on {metrics['texts']:,} texts"
    )
    if test.rationales is not None:
        metrics["attention"] = plausibility(signatures["explain"], test)
        print(plausibility_table(metrics["attention"]))
    return metrics


def _draw_reliability(metrics: Metrics, path: Path) -> None:
    bins = metrics["reliability"]
    reliability_figure(bins.confidence, bins.accuracy, bins.count, bins.error).savefig(path)


def _explain(signature: Signature, text: str, figure: Path) -> None:
    explanation = explain_text(signature, text)
    print(f"{text}\n\n{explanation.table()}")
    if explanation.words:
        explanation.figure().savefig(figure)
        print(f"figure: {figure}")


def _demonstrate(version: Path, test: LabelledText, metrics: Metrics) -> None:
    _draw_reliability(metrics, version / "reliability.png")
    classify((test.text[0],), model=version, explain=True, figure=version / "highlights.png")


APPLICATION = Application(
    name="sentiment",
    title="Sentiment",
    noun="texts",
    config=SentimentConfig,
    data_config=DatasetConfig,
    test_splits=test_splits,
    load_split=load_split,
    train=_train,
    evaluator=_evaluator,
    report_examples=report_examples,
    measures=MEASURES,
    faithfulness=lambda model, test, count: evaluate_faithfulness(
        load_saved_model(model).signatures, test.select(range(count))
    ),
    robustness=lambda signatures, test, count: evaluate_robustness(signatures, test.select(range(count))),
    quality="accuracy",
    num_faithfulness_examples=200,
    num_robustness_examples=500,
    predict=classify,
    demonstrate=_demonstrate,
    summarize=lambda metrics: f"accuracy {metrics['accuracy']:.1%}",
    next_command=lambda version, test: ["classify", shorten(test.text[-1], 80, placeholder=""), "--explain"],
)
COMMANDS = build_commands(APPLICATION) | {"evaluate": evaluate}
