"""What the translation pipeline does when it is asked on the command line."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...datasets import ParallelText
from ..cli.main import numbered
from ..evaluation.faithfulness import faithfulness_table, print_robustness
from ..evaluation.report import write_model_report
from ..saved_model.export import export, latest_version, load, to_json
from ..training.warm_start import load_codec
from .analysis.explanation import alignment_error, explain, link
from .analysis.faithfulness import doubt as doubt_of
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import measure_robustness
from .config import DataConfig, TranslationConfig
from .data import TESTS, prepare
from .data import load as load_split
from .evaluate import evaluate as evaluate_test
from .evaluate import token_accuracy
from .evaluate import translate as translate_texts
from .model_card import card
from .train import train_translator

SAVED_MODELS = Path("saved_models/translation")


def run(config: TranslationConfig) -> None:
    """Prepare the data, train, evaluate, export, write a report, and explain one translation."""
    started = time.monotonic()
    data = prepare(config.data, config.model.attention_loss_weight > 0, load_codec(config.warm_start_from))
    print(f"{len(data.train['source']):,} pairs to train on, {len(data.codec.vocabulary):,} pieces")
    model, translator, told = train_translator(config, data)
    metrics = {"training": told, "tests": {}}
    extras = {"config.json": to_json(config)}
    for name, test in data.tests.items():
        metrics["tests"][name] = _measure(translator.signatures(), name, test)
        accuracy = token_accuracy(model, data.codec, test)
        metrics["tests"][name]["token_accuracy"] = round(accuracy, 4)
    extras |= {"metrics.json": to_json(metrics), "README.md": card(config, metrics)}
    version = export(config.saved_models, translator, translator.signatures(), model, extras)
    print(f"exported to {version}; {time.monotonic() - started:.0f} s in all")
    name, test = next(iter(data.tests.items()))
    _report(translator.signatures(), config.data, name, test, version)
    print()
    translate((test.source[0],), model=version, explain=True, figure=version / "alignment.png")


def evaluate(data: DataConfig, model: Path = SAVED_MODELS) -> None:
    """Measure an exported model on the test splits of a data set."""
    signatures = load(model).signatures
    for name in TESTS.get(data.data, ("test",)):
        _measure(signatures, name, load_split(data, name))


def report(data: DataConfig, model: Path = SAVED_MODELS) -> None:
    """Write a page that shows where an exported model looked, for sentences of a test split.

    Args:
        data: the set.
        model: folder of an exported model, or of its versions.
    """
    name = TESTS.get(data.data, ("test",))[0]
    _report(load(model).signatures, data, name, load_split(data, name), latest_version(model))


def doubt(data: DataConfig, model: Path = SAVED_MODELS, sentences: int = 30) -> None:
    """Ask whether the words that an exported model writes rest on those that it looked at, beside controls.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        sentences: how many.
    """
    print(faithfulness_table(doubt_of(model, _first(data, sentences).source)))


def stress(
    data: DataConfig, model: Path = SAVED_MODELS, sentences: int = 200, figure: Path = Path("stress.png")
) -> None:
    """Measure what growing noise does to the translations of an exported model, and to where it looks.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        sentences: how many; each is translated in every dose of every noise.
        figure: where the picture goes.
    """
    found = measure_robustness(load(model).signatures["explain"], _first(data, sentences))
    print_robustness(found, "chrF", figure)


def translate(
    text: Annotated[tuple[str, ...], tyro.conf.Positional] = (),
    model: Path = SAVED_MODELS,
    explain: bool = False,
    figure: Path = Path("alignment.png"),
) -> None:
    """Translate texts, or the lines of the standard input, with an exported model.

    Args:
        text: what to translate; without any, the standard input is read line by line.
        model: folder of an exported model, or of its versions.
        explain: also say which word looked at which, and draw it.
        figure: where the picture goes; with several texts, numbered.
    """
    signatures = load(model).signatures
    texts = list(text) or [line.rstrip("\n") for line in sys.stdin]
    if not explain:
        print(*translate_texts(signatures["serving_default"], texts), sep="\n")
        return
    for place, one in enumerate(texts):
        _explain(signatures["explain"], one, numbered(figure, place, len(texts)))


def _first(data: DataConfig, sentences: int) -> ParallelText:
    """The first sentences of the first test split."""
    return load_split(data, TESTS.get(data.data, ("test",))[0]).select(range(sentences))


def _measure(signatures: dict, name: str, test) -> dict[str, Any]:
    """Measure quality, greedy and with beam search, and alignment where gold is known; print both."""
    aligned = test.alignment is not None
    linked = link(signatures["explain"], test) if aligned else []
    beam = [one.translation for one in linked] or translate_texts(signatures["serving_default"], test.source)
    greedy = translate_texts(signatures["fast"], test.source)
    told: dict[str, Any] = {"beam": evaluate_test(beam, test), "greedy": evaluate_test(greedy, test)}
    for search, scores in told.items():
        print(
            f"{name} ({search}): BLEU {scores['bleu'].value:.2f}, "
            f"lower-cased {scores['bleu_lowercase'].value:.2f}, chrF {scores['chrf'].value:.2f}, "
            f"exact {scores['exact']:.1%} of {scores['sentences']:,}"
        )
    if aligned:
        error, sentences = alignment_error(linked, test.alignment)
        told["alignment"] = error and {**error._asdict(), "sentences": sentences}
        print(
            f"{name} (attention): no translation is the reference, so no alignment can be compared"
            if error is None
            else f"{name} (attention): alignment error rate {error.error_rate:.3f}, precision "
            f"{error.precision:.3f}, recall {error.recall:.3f}, on {sentences:,} exact translations"
        )
    return told


def _report(signatures: Mapping, data: DataConfig, name: str, test: ParallelText, version: Path) -> None:
    examples = report_examples(signatures["explain"], test)
    write_model_report(version, examples, f"A translator of {data.data}, {name}", MEASURES)


def _explain(signature: Any, text: str, figure: Path) -> None:
    explanation = explain(signature, text)
    print(f"{explanation.source}\n{explanation.translation}\n")
    if explanation.target_words:
        print(explanation.table())
        explanation.figure().savefig(figure)
        print(f"\nheat map: {figure}")


COMMANDS = {command.__name__: command for command in (run, evaluate, report, doubt, stress, translate)}
