"""Quality, size, memory and time of the default translator and classifier in float32 and in int8.

`python benchmarks/quantization.py`, after `make translation sentiment`. Both precisions are exported to
SavedModels as by `--quantize int8` and evaluated on the test split; their calls are timed in alternation.
"""

import json
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
import tensorflow as tf
import tyro
from tabulate import tabulate

from foveal.benchmarks.tensorflow_process import run_script
from foveal.benchmarks.timing import alternate, timed
from foveal.datasets import load_sentiment, load_translation
from foveal.pipelines.saved_model.batched_calls import Signature
from foveal.pipelines.saved_model.export import export_saved_model
from foveal.pipelines.saved_model.loading import latest_version
from foveal.pipelines.saved_model.quantization import quantize_copy
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.evaluate import evaluate as evaluate_classifier
from foveal.pipelines.sentiment.export import build_classifier
from foveal.pipelines.sentiment.model import build as build_classifier_model
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.warm_start import load_weights_from
from foveal.pipelines.translation.config import TranslationConfig
from foveal.pipelines.translation.evaluate import evaluate as evaluate_translations
from foveal.pipelines.translation.evaluate import translate
from foveal.pipelines.translation.export import build_translator
from foveal.pipelines.translation.model import build as build_network

BATCH_SIZES = (1, 32)
REPETITIONS = 15
MEMORY = """
before = read_memory()
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
loaded = read_memory()
signature(text=tf.constant(json.load(sys.stdin)))
print(json.dumps([loaded - before, read_memory() - before]))
"""


class Application(NamedTuple):
    """A trained model, the modules of both precisions, and the quality of a signature on the test split."""

    model: keras.Model
    float32: tf.Module
    int8: tf.Module
    texts: list[str]
    quality: Callable[[Signature], dict[str, float]]


def load_translator(version: Path) -> Application:
    """Load the translator of `make translation` from its export."""
    codec, config = TextCodec.load(str(version / "assets/vocabulary.txt")), TranslationConfig()
    network, copy = (build_network(config.model, len(codec.vocabulary)) for _ in range(2))
    load_weights_from(network.model, version)
    quantize_copy(copy.model, network.model)
    float32, int8 = (build_translator(config, codec, either) for either in (network, copy))
    test = load_translation("phrases", "test")

    def quality(signature: Signature) -> dict[str, float]:
        metrics = evaluate_translations(translate(signature, test.source), test)
        return {"BLEU": metrics["bleu"].value, "exact, %": 100 * metrics["exact"]}

    return Application(network.model, float32, int8, test.source, quality)


def load_classifier(version: Path) -> Application:
    """Load the classifier of `make sentiment` from its export."""
    codec, config = TextCodec.load(str(version / "assets/vocabulary.txt")), SentimentConfig()
    metrics = json.loads((version / "assets.extra/metrics.json").read_text())
    temperature, test = metrics["training"]["temperature"], load_sentiment("reviews", "test")
    model, copy = (
        build_classifier_model(config.model, len(codec.vocabulary), len(test.classes)) for _ in range(2)
    )
    load_weights_from(model, version)
    quantize_copy(copy, model)
    float32, int8 = (
        build_classifier(config, codec, either, test.classes, temperature) for either in (model, copy)
    )

    def quality(signature: Signature) -> dict[str, float]:
        metrics = evaluate_classifier(signature, test)
        return {"accuracy, %": 100 * metrics["accuracy"], "ROC AUC": metrics["roc_auc"]}

    return Application(model, float32, int8, test.text, quality)


def measure(application: Application, module: tf.Module, folder: Path) -> tuple[dict[str, float], Signature]:
    """Export a module to a folder, and measure files, memory and quality."""
    version = export_saved_model(folder, module, module.signatures(), application.model, {})
    sizes = {
        "variables of the SavedModel, KB": version / "variables/variables.data-00000-of-00001",
        "graph of the SavedModel, KB": version / "saved_model.pb",
    }
    kilobytes = {name: path.stat().st_size / 1000 for name, path in sizes.items()}
    signature = tf.saved_model.load(str(version)).signatures["serving_default"]
    texts = application.texts[: max(BATCH_SIZES)]
    return application.quality(signature) | kilobytes | measure_memory(version, texts), signature


def measure_memory(version: Path, texts: list[str]) -> dict[str, float]:
    """Load a SavedModel in a process with TensorFlow alone, and call it: megabytes of both."""
    loaded, called = run_script(MEMORY, version, stdin=json.dumps(texts))
    return {"memory, loaded, MB": loaded, f"memory, after {len(texts)} texts, MB": called}


def main(saved_models: Path = Path("saved_models")) -> None:
    """Print a table for the translator and one for the classifier.

    Args:
        saved_models: folder of the exports of `make translation sentiment`.
    """
    for name, load in (("translation", load_translator), ("sentiment", load_classifier)):
        application = load(latest_version(saved_models / name))
        with tempfile.TemporaryDirectory() as folder:
            float32, float32_signature = measure(application, application.float32, Path(folder) / "float32")
            int8, int8_signature = measure(application, application.int8, Path(folder) / "int8")
        rows = [[measure, value, int8[measure]] for measure, value in float32.items()]
        for batch_size in BATCH_SIZES:
            texts = tf.constant(application.texts[:batch_size])
            runs = [
                timed(partial(signature, text=texts)) for signature in (float32_signature, int8_signature)
            ]
            before, after = map(np.median, alternate(runs, REPETITIONS, warmup=2))
            rows.append([f"time, batch {batch_size}, ratio", 1.0, after / before])
        print(name)
        print(tabulate(rows, ["", "float32", "int8"], tablefmt="pipe", floatfmt=".4g"), end="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
