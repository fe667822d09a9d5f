"""What the captioning pipeline does when it is asked on the command line."""

import time
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any

import tensorflow as tf
import tyro

from ...datasets import CaptionedImages
from ..cli.main import numbered
from ..evaluation.faithfulness import faithfulness_table, print_plausibility, print_robustness
from ..evaluation.report import write_model_report
from ..saved_model.batched_calls import Signature
from ..saved_model.export import export, latest_version, load, to_json
from ..training.warm_start import load_codec
from .analysis.explanation import explain
from .analysis.faithfulness import doubt as doubt_of
from .analysis.report import MEASURES, report_examples
from .analysis.robustness import measure_robustness
from .config import CaptioningConfig, DataConfig
from .data import TESTS, prepare
from .data import load as load_split
from .evaluate import evaluate as evaluate_test
from .model_card import card
from .plausibility import plausibility
from .train import train_captioner

SAVED_MODELS = Path("saved_models/captioning")


def run(config: CaptioningConfig) -> None:
    """Prepare the data, train, evaluate, export, write a report, and explain one caption."""
    started = time.monotonic()
    data = prepare(config.data, load_codec(config.warm_start_from))
    known = list(chain.from_iterable(data.train.references))
    print(f"{len(data.train):,} pictures, {len(known):,} captions, {len(data.codec.vocabulary):,} pieces")
    network, captioner, told = train_captioner(config, data)
    metrics = {"training": told, "tests": {}}
    for name, test in data.tests.items():
        metrics["tests"][name] = _measure(captioner.signatures(), name, test, known)
    extras = {"config.json": to_json(config), "metrics.json": to_json(metrics)}
    extras["README.md"] = card(config, metrics)
    version = export(config.saved_models, captioner, captioner.signatures(), network.model, extras)
    print(f"exported to {version}; {time.monotonic() - started:.0f} s in all")
    name, test = next(iter(data.tests.items()))
    _report(captioner.signatures(), config.data, name, test, version)
    print()
    picture = version / "picture.jpg"
    picture.write_bytes(next(iter(test.images)).numpy())
    describe((picture,), model=version, explain=True, figure=version / "focus.png")


def evaluate(data: DataConfig, model: Path = SAVED_MODELS) -> None:
    """Measure an exported model on the test splits of a data set."""
    signatures = load(model).signatures
    known = list(chain.from_iterable(load_split(data, "train").references))
    for name in TESTS.get(data.data, ("test",)):
        _measure(signatures, name, load_split(data, name), known)


def report(data: DataConfig, model: Path = SAVED_MODELS) -> None:
    """Write a page that shows where an exported model looked, for pictures of a test split.

    Args:
        data: the set.
        model: folder of an exported model, or of its versions.
    """
    name = TESTS.get(data.data, ("test",))[0]
    _report(load(model).signatures, data, name, load_split(data, name), latest_version(model))


def doubt(data: DataConfig, model: Path = SAVED_MODELS, pictures: int = 5) -> None:
    """Ask whether the words that an exported model writes rest on where it looked, beside controls.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        pictures: how many.
    """
    test = load_split(data, TESTS.get(data.data, ("test",))[0])
    print(faithfulness_table(doubt_of(model, test, pictures)))


def stress(
    data: DataConfig, model: Path = SAVED_MODELS, pictures: int = 100, figure: Path = Path("stress.png")
) -> None:
    """Measure what growing noise does to the captions of an exported model, and to where it looks.

    Args:
        data: the set, whose first test split is read.
        model: folder of an exported model, or of its versions.
        pictures: how many; each is described in every dose of every noise.
        figure: where the picture goes.
    """
    test = load_split(data, TESTS.get(data.data, ("test",))[0])
    found = measure_robustness(load(model).signatures["explain"], test, pictures)
    print_robustness(found, "CIDEr-D", figure)


def describe(
    pictures: Annotated[tuple[Path, ...], tyro.conf.Positional],
    model: Path = SAVED_MODELS,
    explain: bool = False,
    figure: Path = Path("focus.png"),
) -> None:
    """Describe pictures with an exported model.

    Args:
        pictures: JPEG or PNG files.
        model: folder of an exported model, or of its versions.
        explain: also say where the model looked for each word, and draw it.
        figure: where the drawing goes; with several pictures, numbered.
    """
    signatures = load(model).signatures
    for place, path in enumerate(pictures):
        encoded = path.read_bytes()
        if explain:
            _explain(signatures["explain"], encoded, numbered(figure, place, len(pictures)))
            continue
        told = signatures["serving_default"](image=tf.constant([encoded]))
        if not told["valid"][0]:
            raise ValueError(f"expected a whole JPEG or PNG picture in {path}; it cannot be read")
        print(told["text"].numpy()[0].decode())


def _measure(signatures: dict, name: str, test: CaptionedImages, known: list[str]) -> dict[str, Any]:
    """Measure the captions of a test split, and attention where it is known what they name; print both."""
    scores = evaluate_test(signatures["serving_default"], test, known)
    meteor = "not measured (no Java)" if scores["meteor"] is None else f"{scores['meteor']:.3f}"
    print(
        f"{name}: BLEU-1 {scores['bleu_1']:.3f}, BLEU-4 {scores['bleu_4']:.3f}, "
        f"CIDEr-D {scores['cider']:.3f}, ROUGE-L {scores['rouge_l']:.3f}, METEOR {meteor}; "
        f"{scores['length']:.1f} words, {scores['vocabulary']:,} different, "
        f"{scores['novel']:.1%} of the captions new"
    )
    if "true" in scores:
        print(
            f"{name}: {scores['true']:.1%} of the captions are true of their pictures, "
            f"{scores['exact_attributes']:.1%} of their noun phrases"
        )
        scores["attention"] = plausibility(signatures["explain"], test)
        if scores["attention"]:
            print_plausibility(name, scores["attention"])
    return scores


def _report(signatures: Mapping, data: DataConfig, name: str, test: CaptionedImages, version: Path) -> None:
    examples = report_examples(signatures["explain"], test)
    write_model_report(version, examples, f"A captioner of {data.data}, {name}", MEASURES)


def _explain(signature: Signature, encoded: bytes, figure: Path) -> None:
    explanation = explain(signature, encoded)
    print(f"{explanation.caption}\n")
    if explanation.words:
        print(explanation.table())
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
        explanation.figure(image).savefig(figure)
        print(f"\nwhere it looked: {figure}")


COMMANDS = {command.__name__: command for command in (run, evaluate, report, doubt, stress, describe)}
