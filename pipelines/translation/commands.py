"""Commands of the translation pipeline: run, evaluate, report, faithfulness, robustness, translate."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from textwrap import shorten

from ...datasets import ParallelText
from ..cli.commands import (
    Application,
    Evaluate,
    Metrics,
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
from ..evaluation.gate_agreement import evaluate_gate
from ..evaluation.text_metrics import BleuTokenizer, require_tokenizer
from ..saved_model.batched_calls import Signature, SignatureOutputs, map_signature
from ..saved_model.compatibility import require_same_script
from ..training.warm_start import load_codec
from .analysis.alignment import (
    align_translations,
    alignment_error,
    baseline_alignment_errors,
    gated_texts,
)
from .analysis.explanation import explain as explain_text
from .analysis.faithfulness import evaluate_faithfulness
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import evaluate_robustness
from .config import DatasetConfig, TranslationConfig
from .data import load_split, prepare, test_splits
from .evaluate import evaluate as evaluate_translations
from .evaluate import token_accuracy
from .evaluate import translate as translate_texts
from .languages import require_languages
from .model_card import model_card
from .train import train_translator

SAVED_MODELS = Path("saved_models/translation")


def translate(
    text: Texts = (),
    file: Path | None = None,
    model: Path = SAVED_MODELS,
    json: bool = False,
    explain: bool = False,
    figure: Path = Path("alignment.png"),
) -> None:
    """Translate texts, or the lines of a file, with an exported model.

    Args:
        text: Source texts; without any, every line of the standard input is one.
        file: File with a text a line; `-` is the standard input.
        model: Folder of an exported model, or of its versions.
        json: Print a JSON object a line, with the scores.
        explain: Also print the word alignment and draw the attention.
        figure: Path of the figure of `--explain`; with several texts, the paths are numbered.
    """
    require_text_output(explain, json)
    inputs, signatures = text_inputs(text, file), APPLICATION.load_signatures(model)
    if explain:
        explain_each(inputs, partial(_explain, signatures["explain"]), prepare_figure(figure), "texts")
    else:
        predict = partial(_predict, signatures["serving_default"])
        predict_each(inputs, predict, "texts", as_json=json)


def evaluate(data: DatasetConfig, model: Path = SAVED_MODELS, bleu_tokenizer: BleuTokenizer = "auto") -> None:
    """Evaluate an exported model on the test splits of a data set.

    Args:
        model: Folder of an exported model, or of its versions.
        bleu_tokenizer: Tokenizer of sacreBLEU; `auto` chooses it for the script of the references.
    """
    require_tokenizer(bleu_tokenizer)
    app = replace(APPLICATION, evaluator=partial(_evaluator, tokenizer=bleu_tokenizer))
    evaluate_application(app, data, model)


def _train(config: TranslationConfig) -> TrainedPipeline:
    with_gold_attention = config.model.attention_loss_weight > 0
    data = prepare(config.data, with_gold_attention, load_codec(config.warm_start_from))
    if config.warm_start_from:
        _check_fit(config.warm_start_from, {}, data.validation)
    named_config = config
    if data.languages:
        source, target = data.languages
        named_config = replace(config, data=replace(config.data, source=source, target=target))
    print(f"{len(data.train['source']):,} training pairs, {len(data.codec.vocabulary):,} tokens")
    model, translator, metrics = train_translator(config, data)
    signatures, tokenizer = translator.signatures(), config.data.bleu_tokenizer

    def evaluate(split: str, test: ParallelText) -> Metrics:
        accuracy = token_accuracy(model, data.codec, test)
        return _evaluate(signatures, tokenizer, split, test) | {"token_accuracy": round(accuracy, 4)}

    card = partial(model_card, named_config, data.codec.vocabulary)
    return TrainedPipeline(translator, signatures, model, metrics, data.tests, evaluate, named_config, card)


def _evaluator(data: DatasetConfig, signatures: Signatures, tokenizer: BleuTokenizer = "auto") -> Evaluate:
    del data
    return partial(_evaluate, signatures, tokenizer)


def _evaluate(signatures: Signatures, tokenizer: BleuTokenizer, split: str, test: ParallelText) -> Metrics:
    """Measure and print the quality of both searches, and the alignment error if gold is available."""
    if test.alignment is None:
        alignments, beam = [], translate_texts(signatures["serving_default"], test.source)
    else:
        alignments = align_translations(signatures["explain"], test)
        beam = [alignment.translation for alignment in alignments]
    greedy = translate_texts(signatures["fast"], test.source)
    metrics: Metrics = {
        "beam": evaluate_translations(beam, test, tokenizer),
        "greedy": evaluate_translations(greedy, test, tokenizer),
    }
    for search, scores in metrics.items():
        print(
            f"{split} ({search}): BLEU {scores['bleu'].value:.2f}, "
            f"lower-cased {scores['bleu_lowercase'].value:.2f}, chrF {scores['chrf'].value:.2f}, "
            f"exact {scores['exact']:.1%} of {scores['sentences']:,}"
        )
    scores = metrics["beam"]
    print(f"{split} (signatures): BLEU {scores['bleu'].signature}; chrF {scores['chrf'].signature}")
    if test.alignment is not None:
        metrics["alignment"] = _evaluate_alignment(split, alignments, test)
        metrics["gate"] = evaluate_gate(split, gated_texts(alignments, test))
    return metrics


def _evaluate_alignment(split: str, alignments: list, test: ParallelText) -> Metrics | None:
    """Measure and print the alignment error of the translations that equal their reference."""
    error, sentences = alignment_error(alignments, test.alignment or [])
    if error is None:
        print(f"{split} (attention): no alignment error, because no translation equals its reference")
        return None
    baselines = baseline_alignment_errors(alignments, test)
    print(
        f"{split} (attention): alignment error rate {error.error_rate:.3f} (random links "
        f"{baselines['random']:.3f}, diagonal links {baselines['diagonal']:.3f}), precision "
        f"{error.precision:.3f}, recall {error.recall:.3f}, on {sentences:,} exact translations"
    )
    return {**error._asdict(), "baselines": baselines, "sentences": sentences}


def _predict(signature: Signature, texts: list[str]) -> list[Prediction]:
    def prediction(outputs: SignatureOutputs, index: int) -> Prediction:
        text, translation = texts[index], outputs["text"].decode()
        values = {"text": translation, "score": rounded(outputs["score"])}
        if not translation:
            return Prediction("", _empty_note(text), outputs=values)
        return Prediction(translation, truncation_note(text, outputs.get("bytes_read")), outputs=values)

    return map_signature(signature, texts, prediction)


def _empty_note(text: str) -> str:
    return "the translation is empty" if text.strip() else "the text is blank and has no translation"


def _check_fit(model: Path, signatures: Signatures, test: ParallelText) -> None:
    del signatures
    require_languages(model, test.languages)
    require_same_script(model, test.source)
    require_same_script(model, test.target)


def _explain(signature: Signature, text: str, figure: Path) -> None:
    explanation = explain_text(signature, text)
    print(printable(f"{explanation.source}\n{explanation.translation}\n"))
    if explanation.target_words:
        print(printable(explanation.table()))
        explanation.figure().savefig(figure)
        print(f"\nheat map: {figure}")
    note = truncation_note(text, explanation.bytes_read) if explanation.target_words else _empty_note(text)
    if note:
        print_note("note", note)


def _demonstrate(version: Path, test: ParallelText, metrics: Metrics) -> None:
    del metrics
    translate((test.source[0],), model=version, explain=True, figure=version / "alignment.png")


def _summarize(metrics: Metrics) -> str:
    beam = metrics["beam"]
    return f"BLEU {beam['bleu'].value:.1f}, chrF {beam['chrf'].value:.1f}"


APPLICATION = Application(
    name="translation",
    input_name="text",
    output_name="text",
    title="Translation",
    noun="sentences",
    config=TranslationConfig,
    data_config=DatasetConfig,
    test_splits=test_splits,
    load_split=load_split,
    check_fit=_check_fit,
    train=_train,
    evaluator=_evaluator,
    report_examples=report_examples,
    measures=MEASURES,
    faithfulness=lambda model, test, count: evaluate_faithfulness(model, test.select(range(count)).source),
    robustness=lambda signatures, test, count: evaluate_robustness(
        signatures["explain"], test.select(range(count))
    ),
    quality="chrF",
    num_faithfulness_examples=30,
    num_robustness_examples=200,
    predict=translate,
    demonstrate=_demonstrate,
    summarize=_summarize,
    next_command=lambda version, test: [
        "translate",
        shorten(test.source[-1], 80, placeholder=""),
        "--explain",
    ],
)
COMMANDS = build_commands(APPLICATION) | {"evaluate": evaluate}
