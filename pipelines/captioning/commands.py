"""Commands of the captioning pipeline: run, evaluate, report, faithfulness, robustness, describe."""

from functools import partial
from itertools import chain
from pathlib import Path
from typing import Annotated

import tensorflow as tf
import tyro

from ...datasets import CaptionedImages
from ..cli.commands import Application, Evaluate, Metrics, Signatures, TrainedPipeline, build_commands
from ..cli.main import numbered_path
from ..evaluation.tables import plausibility_table
from ..saved_model.batched_calls import Signature
from ..saved_model.loading import load_saved_model
from ..training.warm_start import load_codec
from .analysis.explanation import explain as explain_image
from .analysis.faithfulness import evaluate_faithfulness
from .analysis.report import MEASURES, plausibility, report_examples
from .analysis.robustness import evaluate_robustness
from .config import CaptioningConfig, DatasetConfig
from .data import load_split, prepare, test_splits
from .evaluate import evaluate as evaluate_captions
from .model_card import model_card
from .train import train_captioner

SAVED_MODELS = Path("saved_models/captioning")


def describe(
    images: Annotated[tuple[Path, ...], tyro.conf.Positional],
    model: Path = SAVED_MODELS,
    explain: bool = False,
    figure: Path = Path("focus.png"),
) -> None:
    """Describe images with an exported model.

    Args:
        images: JPEG or PNG files.
        model: folder of an exported model, or of its versions.
        explain: also print the region of highest attention of each word and draw the attention.
        figure: path of the figure; with several images, the paths are numbered.
    """
    signatures = load_saved_model(model).signatures
    for index, path in enumerate(images):
        encoded = path.read_bytes()
        if explain:
            _explain(signatures["explain"], encoded, numbered_path(figure, index, len(images)))
            continue
        outputs = signatures["serving_default"](image=tf.constant([encoded]))
        if not outputs["valid"][0]:
            raise ValueError(
                f"`images` must be complete JPEG or PNG files. Received: {path}, which cannot be decoded"
            )
        print(outputs["text"].numpy()[0].decode())


def _train(config: CaptioningConfig) -> TrainedPipeline:
    data = prepare(config.data, load_codec(config.warm_start_from))
    captions = list(chain.from_iterable(data.train.references))
    print(
        f"{len(data.train):,} training images, {len(captions):,} captions, "
        f"{len(data.codec.vocabulary):,} tokens"
    )
    network, captioner, metrics = train_captioner(config, data)
    signatures = captioner.signatures()
    card = partial(model_card, config)
    evaluate = partial(_evaluate, signatures, captions)
    return TrainedPipeline(captioner, signatures, network.model, metrics, data.tests, evaluate, card)


def _evaluator(data: DatasetConfig, signatures: Signatures) -> Evaluate:
    captions = list(chain.from_iterable(load_split(data, "train").references))
    return partial(_evaluate, signatures, captions)


def _evaluate(
    signatures: Signatures, training_captions: list[str], split: str, test: CaptionedImages
) -> Metrics:
    """Measure and print the quality of the captions, and plausibility if gold objects are available."""
    scores = evaluate_captions(signatures["serving_default"], test, training_captions)
    meteor = "not measured (no Java)" if scores["meteor"] is None else f"{scores['meteor']:.3f}"
    print(
        f"{split}: BLEU-1 {scores['bleu_1']:.3f}, BLEU-4 {scores['bleu_4']:.3f}, "
        f"CIDEr-D {scores['cider']:.3f}, ROUGE-L {scores['rouge_l']:.3f}, METEOR {meteor}; "
        f"{scores['length']:.1f} words, {scores['vocabulary']:,} different, "
        f"{scores['novel']:.1%} of the captions novel"
    )
    if "true" in scores:
        print(
            f"{split}: {scores['true']:.1%} of the captions are true of their images, "
            f"{scores['exact_attributes']:.1%} of their noun phrases"
        )
        scores["attention"] = plausibility(signatures["explain"], test)
        if scores["attention"]:
            print(plausibility_table(scores["attention"]))
    return scores


def _explain(signature: Signature, encoded: bytes, figure: Path) -> None:
    explanation = explain_image(signature, encoded)
    print(f"{explanation.caption}\n")
    if explanation.words:
        print(explanation.table())
        image = tf.io.decode_image(encoded, channels=3, expand_animations=False).numpy()
        explanation.figure(image).savefig(figure)
        print(f"\nfigure: {figure}")


def _demonstrate(version: Path, test: CaptionedImages, metrics: Metrics) -> None:
    del metrics
    image = version / "image.jpg"
    image.write_bytes(next(iter(test.images)).numpy())
    describe((image,), model=version, explain=True, figure=version / "focus.png")


def _summarize(metrics: Metrics) -> str:
    truth = f", {metrics['true']:.1%} of the captions true" if "true" in metrics else ""
    return f"CIDEr-D {metrics['cider']:.3f}, BLEU-4 {metrics['bleu_4']:.3f}{truth}"


COMMANDS = build_commands(
    Application(
        name="captioning",
        title="Captioning",
        noun="images",
        config=CaptioningConfig,
        data_config=DatasetConfig,
        test_splits=test_splits,
        load_split=load_split,
        train=_train,
        evaluator=_evaluator,
        report_examples=report_examples,
        measures=MEASURES,
        faithfulness=evaluate_faithfulness,
        robustness=lambda signatures, test, count: evaluate_robustness(signatures["explain"], test, count),
        quality="CIDEr-D",
        num_faithfulness_examples=5,
        num_robustness_examples=100,
        predict=describe,
        demonstrate=_demonstrate,
        summarize=_summarize,
        next_command=lambda version, test: ["describe", str(version / "image.jpg"), "--explain"],
    )
)
