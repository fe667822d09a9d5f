"""Exported models beside plain Keras: classify and describe; loading time, latency and memory.

`python benchmarks/exported_models.py`, after `make`; `--tables latency` measures one table. The peer is what
a user of `model.keras` writes: `predict` on ids or pixels, and for captions a loop that predicts the next
token from the whole prefix. Both start from raw texts or image files. Loading and latency are measured in
processes with TensorFlow alone.
"""

import base64
import io
import json
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, get_args

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np
import tensorflow as tf
import tyro
from PIL import Image

from foveal.benchmarks.tensorflow_process import run_script
from foveal.benchmarks.timing import alternate, timed
from foveal.datasets import ParallelText, load_captioning, load_sentiment, load_translation
from foveal.pipelines.captioning.config import CaptioningConfig
from foveal.pipelines.saved_model.loading import latest_version, load_saved_model
from foveal.pipelines.sentiment.config import SentimentConfig
from foveal.pipelines.sentiment.data import encode
from foveal.pipelines.text.codec import END, PAD, START, TextCodec

BATCH_SIZES = (1, 32, 128)
REPETITIONS = 7
LATENCY_BATCH_SIZES = (1, 8, 32)
LATENCY_REPETITIONS = 15
LOAD = """
before, start = read_memory(), time.perf_counter()
model = tf.saved_model.load(sys.argv[1])
print(json.dumps([time.perf_counter() - start, read_memory() - before, before]))
"""
CALL = f"""
import base64
signature = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
batch = tf.constant([base64.b64decode(example) for example in json.load(sys.stdin)])
seconds = []
for _ in range({LATENCY_REPETITIONS} + 1):
    start = time.perf_counter()
    [output.numpy() for output in signature(**{{sys.argv[2]: batch}}).values()]
    seconds.append(time.perf_counter() - start)
print(json.dumps([*seconds, read_memory("VmHWM")]))
"""

Table = Literal["throughput", "loading", "latency"]


def main(saved_models: Path = Path("saved_models"), tables: tuple[Table, ...] = get_args(Table)) -> None:
    """Print tables of throughput, of loading, and of latency and memory by batch size.

    Args:
        saved_models: folder of the exports of `make`.
        tables: tables to measure.
    """
    versions = {
        name: latest_version(saved_models / name) for name in ("translation", "sentiment", "captioning")
    }
    if "throughput" in tables:
        print("| task | foveal, a second | Keras, a second | ratio | equal |\n|---|---:|---:|---:|---:|")
        measure_sentiment(versions["sentiment"])
        measure_captioning(versions["captioning"])
    if "loading" in tables:
        print("\n| SavedModel | load, s | memory, MB | TensorFlow alone, MB |\n|---|---:|---:|---:|")
        for name, version in versions.items():
            seconds, megabytes, before = run_script(LOAD, version)
            print(f"| {name} | {seconds:.1f} | {megabytes:.0f} | {before:.0f} |")
    if "latency" in tables:
        print("\n| SavedModel | batch | first call, s | median, ms | highest, ms | examples/s | memory, MB |")
        print("|---|---:|---:|---:|---:|---:|---:|")
        for name, version in versions.items():
            measure_latency(name, version)


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


def measure_latency(name: str, version: Path) -> None:
    """Print a row for each batch size, on the first test examples: latency and peak memory of a process."""
    input_name, examples = load_examples(name, max(LATENCY_BATCH_SIZES))
    for batch_size in LATENCY_BATCH_SIZES:
        batch = [base64.b64encode(example).decode() for example in examples[:batch_size]]
        first, *seconds, megabytes = run_script(CALL, version, input_name, stdin=json.dumps(batch))
        median = statistics.median(seconds)
        print(
            f"| {name} | {batch_size} | {first:.1f} | {1000 * median:,.1f} | {1000 * max(seconds):,.1f} "
            f"| {batch_size / median:,.0f} | {megabytes:,.0f} |"
        )


def load_examples(name: str, count: int) -> tuple[str, list[bytes]]:
    """Load the first test examples of the embedded data of a pipeline, and the name of the input."""
    if name == "captioning":
        return "image", [image.numpy() for image in load_captioning("scenes", "test").images.take(count)]
    data = load_translation("phrases", "test") if name == "translation" else load_sentiment("reviews", "test")
    texts = data.source if isinstance(data, ParallelText) else data.text
    return "text", [text.encode() for text in texts[:count]]


if __name__ == "__main__":
    tyro.cli(main)
