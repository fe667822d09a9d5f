"""Commands of the sentiment pipeline: run, evaluate, report, faithfulness, robustness, classify."""

from functools import partial
from pathlib import Path
from textwrap import shorten

from ...datasets import LabelledText
from ...focus.figures import reliability_figure
from ..cli.commands import (
    Application,
    Evaluate,
    Metrics,
    ServingModule,
    Signatures,
    TrainedPipeline,
    build_commands,
    evaluate_application,
)
from ..cli.output_paths import prepare_figure
from ..cli.predict import (
    Prediction,
    Texts,
    explain_each,
    predict_each,
    print_note,
    require_text_output,
    rounded,
    text_inputs,
    truncation_note,
)
from ..cli.printable import printable
from ..evaluation.tables import plausibility_table
from ..saved_model.batched_calls import Signature, SignatureOutputs, map_signature
from ..saved_model.compatibility import require_same_script
from ..saved_model.loading import load_saved_model
from ..saved_model.quantization import quantize_copy
from ..training.warm_start import load_codec
from .analysis.explanation import explain as explain_text
from .analysis.faithfulness import evaluate_faithfulness
from .analysis.plausibility import plausibility
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import evaluate_robustness
from .config import DatasetConfig, SentimentConfig
from .data import load_split, prepare, test_splits
from .evaluate import evaluate as evaluate_classifier
from .evaluate import exported_classes, require_classes
from .export import Classifier, build_classifier
from .model import build
from .model_card import model_card
from .networks.sentences import sentence_ends
from .train import train_classifier

SAVED_MODELS = Path("saved_models/sentiment")


def evaluate(data: DatasetConfig, model: Path = SAVED_MODELS, figure: Path | None = None) -> None:
    """Evaluate an exported model on the test splits of a data set.

    Args:
        model: Folder of an exported model, or of its versions.
        figure: Path of the reliability diagram of the first test split; by default none is drawn.
    """
    if figure:
        prepare_figure(figure)
    metrics = evaluate_application(APPLICATION, data, model)
    if figure:
        _draw_reliability(next(iter(metrics.values())), figure)


def classify(
    text: Texts = (),
    file: Path | None = None,
    model: Path = SAVED_MODELS,
    json: bool = False,
    explain: bool = False,
    figure: Path = Path("highlights.png"),
) -> None:
    """Classify texts, or the lines of a file, with an exported model: label, tab, probability.

    Args:
        text: Texts to classify; without any, every line of the standard input is one.
        file: File with a text a line; `-` is the standard input.
        model: Folder of an exported model, or of its versions.
        json: Print a JSON object a line, with the scores.
        explain: Also print the words of highest attention and draw the text.
        figure: Path of the figure of `--explain`; with several texts, the paths are numbered.
    """
    require_text_output(explain, json)
    inputs, signatures = text_inputs(text, file), APPLICATION.load_signatures(model)
    if explain:
        explain_each(inputs, partial(_explain, signatures["explain"]), prepare_figure(figure), "texts")
    else:
        predict = partial(_predict, signatures["serving_default"])
        predict_each(inputs, predict, "texts", as_json=json)


def _train(config: SentimentConfig) -> TrainedPipeline:
    with_gold_attention = config.model.attention_loss_weight > 0
    data = prepare(config.data, with_gold_attention, load_codec(config.warm_start_from))
    if config.warm_start_from:
        _require_same_classes(config.warm_start_from, data.classes)
        require_same_script(config.warm_start_from, data.validation.text)
    print(
        f"{len(data.labels):,} training texts, classes {printable(', '.join(data.classes))}, "
        f"{len(data.codec.vocabulary):,} tokens"
    )
    model, classifier, metrics = train_classifier(config, data)

    def quantize() -> ServingModule:
        end_ids = sentence_ends(data.codec.vocabulary)
        copy = build(config.model, len(data.codec.vocabulary), len(data.classes), end_ids)
        quantize_copy(copy, model)
        return _serving(build_classifier(config, data.codec, copy, data.classes, metrics["temperature"]))

    card = partial(model_card, config, data.classes, data.codec.vocabulary)
    return TrainedPipeline(_serving(classifier), quantize, model, metrics, data.tests, config, card)


def _serving(classifier: Classifier) -> ServingModule:
    signatures = classifier.signatures()
    return ServingModule(classifier, signatures, partial(_evaluate, signatures))


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


def _require_same_classes(warm_start_from: Path, classes: list[str]) -> None:
    exported = exported_classes(APPLICATION.load_signatures(warm_start_from)["serving_default"])
    if exported != classes:
        raise ValueError(
            "`warm_start_from` must hold a model of the classes of the data, in their order: "
            f"{', '.join(classes)}. Received: warm_start_from={warm_start_from}, of the classes "
            f"{', '.join(exported)}. Rename the labels of the data, or train without a warm start"
        )


def _predict(signature: Signature, texts: list[str]) -> list[Prediction]:
    def prediction(outputs: SignatureOutputs, index: int) -> Prediction:
        label = outputs["label"].decode()
        classes = [name.decode() for name in outputs["classes"]]
        probabilities = dict(zip(classes, rounded(outputs["probabilities"]), strict=True))
        values = {"label": label, "probabilities": probabilities}
        if not label:
            return Prediction("", "the text is blank and has no label", outputs=values)
        note = truncation_note(texts[index], outputs.get("bytes_read"))
        return Prediction(f"{label}\t{outputs['score']:.3f}", note, outputs=values)

    return map_signature(signature, texts, prediction)


def _check_fit(model: Path, signatures: Signatures, test: LabelledText) -> None:
    require_classes(model, signatures["serving_default"], test)
    require_same_script(model, test.text)


def _explain(signature: Signature, text: str, figure: Path) -> None:
    explanation = explain_text(signature, text)
    print(printable(f"{text}\n\n{explanation.table()}"))
    if explanation.words:
        explanation.figure().savefig(figure)
        print(f"figure: {figure}")
    else:
        print_note("note", "the text is blank, so that there is nothing to explain")


def _demonstrate(version: Path, test: LabelledText, metrics: Metrics) -> None:
    _draw_reliability(metrics, version / "reliability.png")
    classify((test.text[0],), model=version, explain=True, figure=version / "highlights.png")


APPLICATION = Application(
    name="sentiment",
    input_name="text",
    output_name="label",
    title="Sentiment",
    noun="texts",
    config=SentimentConfig,
    data_config=DatasetConfig,
    test_splits=test_splits,
    load_split=load_split,
    check_fit=_check_fit,
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
