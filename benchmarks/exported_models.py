"""Exported models beside plain Keras: classify and describe, loading time and memory.

`python benchmarks/exported_models.py`, after `make`. The peer is what a user of `model.keras` writes:
`predict` on ids or pixels, and for captions a loop that predicts the next token from the whole prefix. Both
start from raw texts or image files.
"""

import io
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
import tensorflow as tf
import tyro
from PIL import Image

from foveal.benchmarks.timing import alternate, timed
from foveal.datasets import load_captioning, load_sentiment
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.saved_model.loading import latest_version, load_saved_model
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import encode
from foveal.pipelines.text.codec import END, PAD, START, TextCodec

BATCH_SIZES = (1, 32, 128)
REPETITIONS = 7
LOAD = """
import time
import tensorflow as tf

def read_memory():
    return next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmRSS'))

before, start = read_memory(), time.perf_counter()
model = tf.saved_model.load({path!r})
print(time.perf_counter() - start, (read_memory() - before) / 1024)
"""


def main(saved_models: Path = Path("saved_models")) -> None:
    """Print a table of throughput and a table of loading.

    Args:
        saved_models: folder of the exports of `make`.
    """
    print("| task | foveal, a second | Keras, a second | ratio | equal |\n|---|---:|---:|---:|---:|")
    measure_sentiment(latest_version(saved_models / "sentiment"))
    measure_captioning(latest_version(saved_models / "captioning"))
    print("\n| SavedModel | load, s | memory, MB |\n|---|---:|---:|")
    for pipeline in ("translation", "sentiment", "captioning"):
        print(f"| {pipeline} | {measure_loading(latest_version(saved_models / pipeline))} |")


def measure_sentiment(version: Path) -> None:
    """Compare the classifier with `predict` of its Keras model."""
    codec, data = TextCodec.load(str(version / "assets/vocabulary.txt")), SentimentConfig().data
    model = keras.saving.load_model(version / "model.keras")
    signature = load_saved_model(version).signatures["serving_default"]
    test = load_sentiment("reviews", "test")

    def predict(texts: Sequence[str]) -> list[str]:
        ids = encode(codec, texts, data.max_sequence_length, data.lowercase)
        padded = np.zeros((len(ids), max(map(len, ids))), np.int32)
        for row, tokens in zip(padded, ids, strict=True):
            row[: len(tokens)] = tokens
        logits = model.predict(padded, verbose=0, batch_size=len(ids))
        return [test.classes[index] for index in logits.argmax(axis=-1)]

    def classify(texts: Sequence[str]) -> list[str]:
        return [label.decode() for label in signature(text=tf.constant(texts))["label"].numpy()]

    compare("classify", test.text, classify, predict)


def measure_captioning(version: Path) -> None:
    """Compare the captioner with a loop over `predict` of its Keras model."""
    codec, data = TextCodec.load(str(version / "assets/vocabulary.txt")), CaptioningConfig().data
    model = keras.saving.load_model(version / "model.keras")
    signature = load_saved_model(version).signatures["fast"]
    images = [image.numpy() for image in load_captioning("scenes", "test").images.take(max(BATCH_SIZES))]

    def predict(images: Sequence[bytes]) -> list[str]:
        size = (data.image_size, data.image_size)
        pixels = np.stack(
            [np.array(Image.open(io.BytesIO(image)).convert("RGB").resize(size)) for image in images]
        )
        captions = np.full((len(images), data.max_sequence_length + 1), PAD, np.int32)
        captions[:, 0] = START
        has_ended = np.zeros(len(images), bool)
        for index in range(data.max_sequence_length):
            inputs = {"image": pixels.astype("float32"), "caption": captions[:, : index + 1]}
            logits = model.predict(inputs, verbose=0, batch_size=len(images))[:, -1]
            logits[:, [PAD, START]] = -np.inf
            captions[:, index + 1] = np.where(has_ended, PAD, logits.argmax(axis=-1))
            has_ended |= captions[:, index + 1] == END
            if has_ended.all():
                break
        return [text.decode() for text in codec.decode(tf.constant(captions[:, 1:])).numpy()]

    def describe(images: Sequence[bytes]) -> list[str]:
        return [text.decode() for text in signature(image=tf.constant(images))["text"].numpy()]

    compare("describe, greedy", images, describe, predict)


def compare(name: str, inputs: Sequence, function: Callable, peer: Callable) -> None:
    """Print a row for each batch size: examples a second, and the share of equal results."""
    for batch_size in BATCH_SIZES:
        batch = list(inputs[:batch_size])
        equal = np.mean([a == b for a, b in zip(function(batch), peer(batch), strict=True)])
        times = alternate([timed(partial(f, batch)) for f in (function, peer)], REPETITIONS, warmup=1)
        speeds = [f"{batch_size / statistics.median(seconds):,.0f}" for seconds in times]
        ratio = statistics.median(b / a for a, b in zip(*times, strict=True))
        print(f"| {name}, batch {batch_size} | {' | '.join(speeds)} | {ratio:.2f} | {equal:.0%} |")


def measure_loading(version: Path) -> str:
    """Load a SavedModel in a process with TensorFlow alone: seconds and megabytes."""
    code = [sys.executable, "-c", LOAD.format(path=str(version))]
    output = subprocess.run(code, check=True, capture_output=True, text=True).stdout
    seconds, megabytes = map(float, output.split())
    return f"{seconds:.1f} | {megabytes:.0f}"


if __name__ == "__main__":
    tyro.cli(main)
