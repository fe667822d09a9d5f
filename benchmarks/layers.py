"""The layers beside those of Keras that do the same work: `make bench-layers`, which runs this file.

Each pair takes turns in one process, so that what else the machine does falls on both. Memory is measured in
a process of its own for each number.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import tensorflow as tf
import tyro
from rich.console import Console
from rich.table import Table

from foveal.layers import Additive, LocalAttention, MultiHeadAttention, SelfAttention, SoftAttention
from foveal.layers.scores import energy

console = Console(width=110)
EQUAL, SPARSE = 1.0, 1.5  # goals: the time of foveal's layer over that of its peer


@dataclass(frozen=True)
class Settings:
    """Measure the layers beside those of Keras, forward and backward, in TensorFlow's graph mode."""

    batch: int = 32
    """Examples."""
    additive_batch: int = 8
    """Examples for additive scores, of which Keras keeps every hidden layer: gigabytes."""
    heads: int = 8
    """Of every attention."""
    length: int = 256
    """Queries and keys of each example."""
    width: int = 256
    """Of inputs and outputs, and of the hidden layer of additive scores."""
    window: int = 128
    """Positions back that LocalAttention sees."""
    turns: int = 9
    """Of each layer of a pair."""


def main(settings: Settings) -> None:
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores, load {load:.1f}, Keras {keras.__version__}, TensorFlow {tf.__version__}"
    )
    side_by_side(settings)
    local(settings)
    additive_memory()
    imports()


def side_by_side(settings: Settings) -> None:
    size = f"T {settings.length}, width {settings.width}, {settings.heads} heads"
    table = Table(
        "", "batch", "foveal, ms", "peer, ms", "ratio", "goal", title=f"Forward and backward, {size}"
    )
    for name, goal, batch, mine, peer in pairs(settings):
        inputs = [keras.random.normal((batch, settings.length, settings.width)) for _ in range(2)]
        times = take_turns([step(mine, inputs), step(peer, inputs)], settings.turns)
        ratios = [a / b for a, b in zip(*times, strict=True)]
        table.add_row(
            name,
            str(batch),
            *(f"{1000 * statistics.median(one):.0f}" for one in times),
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            f"{goal:.1f}",
        )
    console.print(table)


def pairs(settings: Settings) -> Iterator[tuple[str, float, int, Callable, Callable]]:
    """What is measured, the goal of the ratio, the batch, and two functions of queries and values."""
    heads, batch = settings.heads, settings.batch
    dim = settings.width // heads
    mine, peer = SelfAttention(heads, dim), keras.layers.MultiHeadAttention(heads, dim)
    yield "SelfAttention / MultiHeadAttention", EQUAL, batch, lambda x, _: mine(x), lambda x, _: peer(x, x)
    yield (
        "SelfAttention / MultiHeadAttention, with weights",
        EQUAL,
        batch,
        lambda x, _: mine(x, return_attention_scores=True),
        lambda x, _: peer(x, x, return_attention_scores=True),
    )
    yield (
        "SelfAttention / MultiHeadAttention, causal",
        EQUAL,
        batch,
        lambda x, _: mine(x, use_causal_mask=True),
        lambda x, _: peer(x, x, use_causal_mask=True),
    )
    cross = MultiHeadAttention(heads, dim)
    yield "MultiHeadAttention / the same", EQUAL, batch, cross, peer
    yield (
        "MultiHeadAttention / the same, with weights",
        EQUAL,
        batch,
        lambda q, v: cross(q, v, return_attention_scores=True),
        lambda q, v: peer(q, v, return_attention_scores=True),
    )
    grouped = MultiHeadAttention(heads, dim, num_key_value_heads=2)
    yield (
        "grouped / GroupedQueryAttention",
        EQUAL,
        batch,
        grouped,
        keras.layers.GroupQueryAttention(dim, heads, 2),
    )
    yield (
        "SoftAttention('dot') / Attention",
        EQUAL,
        batch,
        SoftAttention("dot"),
        in_order(keras.layers.Attention()),
    )
    yield (
        "SoftAttention('additive') / AdditiveAttention",
        EQUAL,
        settings.additive_batch,
        SoftAttention("additive"),
        in_order(keras.layers.AdditiveAttention()),
    )
    for name in ("sparsemax", "entmax15"):
        sparse = SelfAttention(heads, dim, distribution=name)
        yield (
            f"{name} / softmax, in SelfAttention",
            SPARSE,
            batch,
            lambda x, _, sparse=sparse: sparse(x),
            lambda x, _: mine(x),
        )


def in_order(layer: keras.layers.Layer) -> Callable:
    """A layer that takes its inputs as a list."""

    def call(query, value):
        return layer([query, value])

    return call


def step(layer: Callable, inputs: list) -> Callable:
    """Forward and backward: the gradients of the inputs and, of what was watched, the weights."""

    @tf.function
    def run(*inputs: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(*inputs)
            loss = tf.add_n([tf.reduce_sum(output**2) for output in tf.nest.flatten(outputs)[:1]])
        return outputs, tape.gradient(loss, [*inputs, *tape.watched_variables()])

    layer(*inputs)  # makes the weights
    return lambda: tf.nest.map_structure(
        lambda tensor: tensor if tensor is None else tensor.shape, run(*inputs)
    )


def take_turns(contestants: list[Callable], turns: int) -> list[list[float]]:
    """Seconds of each contestant, turn for turn, after two turns that do not count."""
    times = [[] for _ in contestants]
    for turn in range(-2, turns):
        for contestant, own in zip(contestants, times, strict=True):
            start = time.perf_counter()
            contestant()
            if turn >= 0:
                own.append(time.perf_counter() - start)
    return times


def local(settings: Settings) -> None:
    table = Table(
        "T",
        "ms",
        "us per position",
        "MB",
        "KB per position",
        title=f"LocalAttention, causal, window {settings.window}, batch 1, forward and backward",
    )
    for length in (1024, 2048, 4096, 8192):
        seconds, memory = alone(local_step, settings, length)
        table.add_row(
            f"{length:,}",
            f"{1e3 * seconds:.1f}",
            f"{1e6 * seconds / length:.1f}",
            f"{memory:.0f}",
            f"{1e3 * memory / length:.0f}",
        )
    console.print(table)


def local_step(settings: Settings, length: int) -> tuple[float, float]:
    layer = LocalAttention(settings.heads, settings.width // settings.heads, settings.window)

    def make(length: int) -> Callable:
        return step(
            lambda x: layer(x, use_causal_mask=True), [keras.random.normal((1, length, settings.width))]
        )

    (times,), memory = measured(lambda: take_turns([make(length)], settings.turns), lambda: make(16)())
    return statistics.median(times), memory


def additive_memory() -> None:
    table = Table(
        "units", "batch", "in tiles, MB", "at once, MB", "Keras, MB", title="Additive scores, T 1,024"
    )
    for units, batch in ((64, 1), (64, 2), (256, 1), (256, 2)):
        kinds = ("tiles", "at once", "keras")
        table.add_row(
            str(units), str(batch), *(f"{alone(additive_step, kind, units, batch):,.0f}" for kind in kinds)
        )
    console.print(table)


def additive_step(kind: str, units: int, batch: int) -> float:
    if kind == "at once":
        energy.MAX_HIDDEN_SIZE = 2**62
    peer = keras.layers.AdditiveAttention()
    layer = in_order(peer) if kind == "keras" else SoftAttention(Additive(units))

    def make(length: int) -> Callable:
        return step(layer, [keras.random.normal((batch, length, units)) for _ in range(2)])

    return measured(make(1024), make(16))[1]


def measured(work: Callable, warm_up: Callable) -> tuple[Any, float]:
    """What the work returns, and by how many megabytes its peak exceeds what the process held before."""
    warm_up()
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from here (Linux)
    before = megabytes("VmRSS")
    result = work()
    return result, megabytes("VmHWM") - before


def megabytes(field: str) -> float:
    status = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in status if line.startswith(field))


def alone(function: Callable, *arguments: Any) -> Any:
    """Calls a function in a process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def imports() -> None:
    code = (
        "import time, keras; start = time.perf_counter(); import foveal.layers; "
        "print(time.perf_counter() - start)"
    )
    times = [float(run_python(code)) for _ in range(7)]
    console.print(f"import foveal.layers adds {statistics.median(times):.3f} s to import keras (goal 0.1)")


def run_python(code: str) -> str:
    """The last line that a fresh interpreter prints."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.split("\n")[-2]


if __name__ == "__main__":
    main(tyro.cli(Settings))
