"""Commands of the captioning pipeline: run, evaluate, report, faithfulness, robustness, describe."""

from functools import partial
from itertools import chain
from pathlib import Path

import tensorflow as tf

from ...datasets import CaptionedImages
from ..cli.commands import (
    Application,
    Evaluate,
    Metrics,
    ServingModule,
    Signatures,
    TrainedPipeline,
    build_commands,
)
from ..cli.output_paths import prepare_figure
from ..cli.predict import (
    Files,
    Prediction,
    explain_each,
    file_inputs,
    predict_each,
    print_note,
    require_text_output,
    rounded,
)
from ..cli.printable import printable
from ..evaluation.gate_agreement import evaluate_gate
from ..evaluation.report import measure_examples
from ..evaluation.tables import plausibility_table
from ..saved_model.batched_calls import Signature
from ..saved_model.compatibility import require_same_script
from ..saved_model.quantization import quantize_copy
from ..training.warm_start import load_codec
from .analysis.explanation import explain as explain_image
from .analysis.faithfulness import evaluate_faithfulness
from .analysis.report import MEASURES, NUM_PLAUSIBILITY_EXAMPLES, gated_texts, report_examples
from .analysis.robustness import evaluate_robustness
from .config import CaptioningConfig, DatasetConfig
from .data import load_split, prepare, test_splits
from .evaluate import evaluate as evaluate_captions
from .export import Captioner, build_captioner
from .image_decoding import decode_image, decoding_error
from .model import build
from .model_card import model_card
from .train import train_captioner

BATCH_SIZE = 32
SAVED_MODELS = Path("saved_models/captioning")


def describe(
    images: Files = (),
    file: Path | None = None,
    model: Path = SAVED_MODELS,
    json: bool = False,
    explain: bool = False,
    figure: Path = Path("focus.png"),
) -> None:
    """Describe images, or the files that the lines of a file name, with an exported model.

    Args:
        images: Image files; without any, every line of the standard input is the path of one.
        file: File with the path of an image a line; `-` is the standard input.
        model: Folder of an exported model, or of its versions.
        json: Print a JSON object a line, with the score.
        explain: Also print the region of highest attention of each word, in pixels, and draw the attention.
        figure: Path of the figure of `--explain`; with several images, the paths are numbered.
    """
    require_text_output(explain, json)
    inputs, signatures = file_inputs(images, file), APPLICATION.load_signatures(model)
    if explain:
        explain_each(inputs, partial(_explain, signatures["explain"]), prepare_figure(figure), "images")
    else:
        predict = partial(_predict, signatures["serving_default"])
        predict_each(inputs, predict, "images", BATCH_SIZE, as_json=json)


def _train(config: CaptioningConfig) -> TrainedPipeline:
    data = prepare(config.data, load_codec(config.warm_start_from))
    captions = list(chain.from_iterable(data.train.references))
    if config.warm_start_from:
        require_same_script(config.warm_start_from, captions)
    print(
        f"{len(data.train):,} training images, {len(captions):,} captions, "
        f"{len(data.codec.vocabulary):,} tokens"
    )
    network, captioner, metrics = train_captioner(config, data)

    def serving(captioner: Captioner) -> ServingModule:
        signatures = captioner.signatures()
        return ServingModule(captioner, signatures, partial(_evaluate, signatures, captions))

    def quantize() -> ServingModule:
        copy = build(config.model, config.data.image_size, len(data.codec.vocabulary))
        quantize_copy(copy.model, network.model)
        return serving(build_captioner(config, data.codec, copy))

    card, trained = partial(model_card, config, data.codec.vocabulary), serving(captioner)
    return TrainedPipeline(trained, quantize, network.model, metrics, data.tests, config, card)


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
        examples = report_examples(signatures["explain"], test, NUM_PLAUSIBILITY_EXAMPLES)
        scores["attention"] = measure_examples(examples, MEASURES)
        if scores["attention"]:
            print(plausibility_table(scores["attention"]))
        scores["gate"] = evaluate_gate(split, gated_texts(examples))
    return scores


def _predict(signature: Signature, images: list[bytes]) -> list[Prediction]:
    if not images:
        return []
    outputs = signature(image=tf.constant(images))
    captions = [text.decode() for text in outputs["text"].numpy()]
    rows = zip(captions, rounded(outputs["score"].numpy()), outputs["valid"].numpy(), images, strict=True)
    return [
        Prediction(text, "" if text else "the caption is empty", outputs={"text": text, "score": score})
        if valid
        else Prediction("", f"cannot be decoded: {decoding_error(encoded)}", is_valid=False)
        for text, score, valid, encoded in rows
    ]


def _explain(signature: Signature, encoded: bytes, figure: Path) -> None:
    explanation = explain_image(signature, encoded)
    print(printable(f"{explanation.caption}\n"))
    if explanation.words:
        print(printable(explanation.table()))
        explanation.figure(decode_image(encoded).numpy()).savefig(figure)
        print(f"\nfigure: {figure}")
    else:
        print_note("note", "the caption is empty")


def _demonstrate(version: Path, test: CaptionedImages, metrics: Metrics) -> None:
    del metrics
    image = version / "image.jpg"
    image.write_bytes(next(iter(test.images)).numpy())
    describe((image,), model=version, explain=True, figure=version / "focus.png")


def _summarize(metrics: Metrics) -> str:
    truth = f", {metrics['true']:.1%} of the captions true" if "true" in metrics else ""
    return f"CIDEr-D {metrics['cider']:.3f}, BLEU-4 {metrics['bleu_4']:.3f}{truth}"


APPLICATION = Application(
    name="captioning",
    input_name="image",
    output_name="text",
    title="Captioning",
    noun="images",
    config=CaptioningConfig,
    data_config=DatasetConfig,
    test_splits=test_splits,
    load_split=load_split,
    check_fit=lambda model, _, test: require_same_script(model, chain(*test.references)),
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
COMMANDS = build_commands(APPLICATION)
