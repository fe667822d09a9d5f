"""Time and memory of the attention layers, compared with the equivalent layers of Keras.

`make bench-layers`, which runs this file. The two layers of a pair run in alternation in one process, so that
other load on the machine affects both. Each measurement of memory has a process of its own.
"""

import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import tensorflow as tf
import tyro
from rich.console import Console
from rich.table import Table

from foveal.benchmarks.memory import measure_peak_memory
from foveal.benchmarks.processes import run_in_subprocess
from foveal.benchmarks.timing import alternate, timed
from foveal.layers import Additive, LocalAttention, MultiHeadAttention, SelfAttention, SoftAttention
from foveal.layers.attention import tiled_attention
from foveal.layers.scores import energy

console = Console(width=110)
EQUAL, SPARSE = 1.0, 1.5  # goals: the time of foveal's layer divided by that of its peer
WARMUP = 2  # runs of each layer that are not measured
TILED_LENGTHS = (512, 1024, 2048, 4096, 8192)
MAX_LENGTH_AT_ONCE = 4096  # longer ones take gigabytes
LOCAL_LENGTHS = (1024, 2048, 4096, 8192)
ADDITIVE_LENGTH, ADDITIVE_SIZES = 1024, ((64, 1), (64, 2), (256, 1), (256, 2))  # (units, batch size)


@dataclass(frozen=True)
class Settings:
    """Compare the layers with those of Keras, forward and backward, in TensorFlow's graph mode."""

    batch_size: int = 32
    """Examples."""
    additive_batch_size: int = 8
    """Examples for additive scores, of which Keras keeps every hidden layer: gigabytes."""
    num_heads: int = 8
    """Heads of each attention layer."""
    length: int = 256
    """Queries and keys of each example."""
    hidden_dim: int = 256
    """Dimension of inputs and outputs, and of the hidden layer of additive scores."""
    window: int = 128
    """Positions before a query that LocalAttention attends to."""
    repetitions: int = 9
    """Measured runs of each layer."""


class Pair(NamedTuple):
    """A layer of foveal and its peer, functions of queries and values `(batch, length, hidden_dim)`.

    goal: largest ratio of their times. batch_size: number of examples.
    """

    name: str
    goal: float
    batch_size: int
    layer: Callable
    peer: Callable


def main(settings: Settings) -> None:
    load = os.getloadavg()[0]
    console.print(
        f"{os.cpu_count()} cores, load {load:.1f}, Keras {keras.__version__}, TensorFlow {tf.__version__}"
    )
    compare_with_keras(settings)
    measure_tiled_attention(settings)
    measure_local_attention(settings)
    measure_additive_memory()
    measure_import_time()


def compare_with_keras(settings: Settings) -> None:
    """Print the times of every pair, and the median of their ratio."""
    size = f"T {settings.length}, hidden_dim {settings.hidden_dim}, {settings.num_heads} heads"
    table = Table(
        "", "batch", "foveal, ms", "peer, ms", "ratio", "goal", title=f"Forward and backward, {size}"
    )
    for pair in build_pairs(settings):
        shape = (pair.batch_size, settings.length, settings.hidden_dim)
        inputs = [keras.random.normal(shape) for _ in range(2)]
        steps = [timed(build_step(layer, inputs)) for layer in (pair.layer, pair.peer)]
        times = alternate(steps, settings.repetitions, WARMUP)
        ratios = [seconds / peer_seconds for seconds, peer_seconds in zip(*times, strict=True)]
        table.add_row(
            pair.name,
            str(pair.batch_size),
            *(f"{1000 * statistics.median(seconds):.0f}" for seconds in times),
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            f"{pair.goal:.1f}",
        )
    console.print(table)


def build_pairs(settings: Settings) -> Iterator[Pair]:
    """Build the pairs one after the other: multi-head, single-head, sparse."""
    heads, batch_size = settings.num_heads, settings.batch_size
    dim = settings.hidden_dim // heads
    layer, peer = SelfAttention(heads, dim), keras.layers.MultiHeadAttention(heads, dim)
    for name, flags in {
        "": {},
        ", with weights": {"return_attention_scores": True},
        ", causal": {"use_causal_mask": True},
    }.items():
        yield Pair(
            f"SelfAttention / MultiHeadAttention{name}",
            EQUAL,
            batch_size,
            lambda x, _, flags=flags: layer(x, **flags),
            lambda x, _, flags=flags: peer(x, x, **flags),
        )
    cross = MultiHeadAttention(heads, dim)
    yield Pair("MultiHeadAttention / the same", EQUAL, batch_size, cross, peer)
    yield Pair(
        "MultiHeadAttention / the same, with weights",
        EQUAL,
        batch_size,
        lambda q, v: cross(q, v, return_attention_scores=True),
        lambda q, v: peer(q, v, return_attention_scores=True),
    )
    grouped = MultiHeadAttention(heads, dim, num_key_value_heads=2)
    grouped_peer = keras.layers.GroupQueryAttention(dim, heads, 2)
    yield Pair("grouped / GroupedQueryAttention", EQUAL, batch_size, grouped, grouped_peer)
    yield from build_single_head_pairs(settings)
    for name in ("sparsemax", "entmax15"):
        sparse = SelfAttention(heads, dim, distribution=name)
        yield Pair(
            f"{name} / softmax, in SelfAttention",
            SPARSE,
            batch_size,
            lambda x, _, sparse=sparse: sparse(x),
            lambda x, _: layer(x),
        )


def build_single_head_pairs(settings: Settings) -> Iterator[Pair]:
    """Build the pairs of single-head attention, whose peers take a list of inputs."""
    for name, batch_size, score, peer in (
        ("Attention", settings.batch_size, "dot", keras.layers.Attention()),
        ("AdditiveAttention", settings.additive_batch_size, "additive", keras.layers.AdditiveAttention()),
    ):
        yield Pair(
            f"SoftAttention('{score}') / {name}", EQUAL, batch_size, SoftAttention(score), list_inputs(peer)
        )


def list_inputs(layer: keras.layers.Layer) -> Callable:
    """Wrap a layer that takes its inputs as a list into a function of query and value."""
    return lambda query, value: layer([query, value])


def build_step(layer: Callable, inputs: list[tf.Tensor]) -> Callable[[], Any]:
    """Build a function that runs a layer forward and backward, with the gradients of inputs and weights.

    Args:
        layer: function of the inputs. Its first output is differentiated.
        inputs: tensors.
    """

    @tf.function
    def run(*inputs: tf.Tensor) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = layer(*inputs)
            loss = tf.add_n([tf.reduce_sum(output**2) for output in tf.nest.flatten(outputs)[:1]])
        return outputs, tape.gradient(loss, [*inputs, *tape.watched_variables()])

    layer(*inputs)  # creates the weights
    # A concrete function: TensorFlow warns of many functions that are traced and called a few times.
    traced = run.get_concrete_function(*inputs)
    return lambda: tf.nest.map_structure(
        lambda tensor: tensor if tensor is None else tensor.shape, traced(*inputs)
    )


def measure_tiled_attention(settings: Settings) -> None:
    """Print time and peak memory of SelfAttention at growing lengths: in tiles, and all queries at once."""
    table = Table(
        "T",
        "in tiles, ms",
        "at once, ms",
        "in tiles, MB",
        "at once, MB",
        title=f"SelfAttention, {settings.num_heads} heads, causal, batch 1, forward and backward",
    )
    for length in TILED_LENGTHS:
        results = [run_in_subprocess(run_self_attention, settings, length, True)]
        if length <= MAX_LENGTH_AT_ONCE:
            results.append(run_in_subprocess(run_self_attention, settings, length, False))
        cells = [[f"{1e3 * seconds:.1f}", f"{megabytes:.0f}"] for seconds, megabytes in results]
        cells += [["", ""]] * (2 - len(cells))
        table.add_row(f"{length:,}", *(cell for column in zip(*cells, strict=True) for cell in column))
    console.print(table)


def run_self_attention(settings: Settings, length: int, in_tiles: bool) -> tuple[float, float]:
    """Return the median seconds and the peak megabytes of SelfAttention; runs in a process of its own."""
    tiled_attention.MAX_SIZE = 0 if in_tiles else 2**62
    layer = SelfAttention(settings.num_heads, settings.hidden_dim // settings.num_heads)
    return measure_layer(lambda x: layer(x, use_causal_mask=True), settings, length)


def measure_layer(layer: Callable, settings: Settings, length: int) -> tuple[float, float]:
    """Return the median seconds and the peak megabytes of a layer for one example of a length."""

    def build(length: int) -> Callable[[], Any]:
        return build_step(layer, [keras.random.normal((1, length, settings.hidden_dim))])

    def run() -> list[list[float]]:
        return alternate([timed(build(length))], settings.repetitions, WARMUP)

    (times,), megabytes = measure_peak_memory(run, warmup=lambda: build(16)())
    return statistics.median(times), megabytes


def measure_local_attention(settings: Settings) -> None:
    """Print time and peak memory of LocalAttention at growing lengths."""
    table = Table(
        "T",
        "ms",
        "us per position",
        "MB",
        "KB per position",
        title=f"LocalAttention, causal, window {settings.window}, batch 1, forward and backward",
    )
    for length in LOCAL_LENGTHS:
        seconds, megabytes = run_in_subprocess(run_local_attention, settings, length)
        table.add_row(
            f"{length:,}",
            f"{1e3 * seconds:.1f}",
            f"{1e6 * seconds / length:.1f}",
            f"{megabytes:.0f}",
            f"{1e3 * megabytes / length:.0f}",
        )
    console.print(table)


def run_local_attention(settings: Settings, length: int) -> tuple[float, float]:
    """Return the median seconds and the peak megabytes of LocalAttention; runs in a process of its own."""
    layer = LocalAttention(settings.num_heads, settings.hidden_dim // settings.num_heads, settings.window)
    return measure_layer(lambda x: layer(x, use_causal_mask=True), settings, length)


def measure_additive_memory() -> None:
    """Print the peak memory of additive attention: in tiles, without tiles, in Keras."""
    table = Table(
        "units",
        "batch",
        "in tiles, MB",
        "at once, MB",
        "Keras, MB",
        title=f"Additive scores, T {ADDITIVE_LENGTH:,}",
    )
    for units, batch_size in ADDITIVE_SIZES:
        megabytes = [
            run_in_subprocess(run_additive_attention, kind, units, batch_size)
            for kind in ("in tiles", "at once", "keras")
        ]
        table.add_row(str(units), str(batch_size), *(f"{value:,.0f}" for value in megabytes))
    console.print(table)


def run_additive_attention(kind: str, units: int, batch_size: int) -> float:
    """Return the peak megabytes of additive attention; runs in a process of its own."""
    if kind == "at once":
        energy.MAX_HIDDEN_SIZE = 2**62
    peer = keras.layers.AdditiveAttention()
    layer = list_inputs(peer) if kind == "keras" else SoftAttention(Additive(units))

    def build(length: int) -> Callable[[], Any]:
        return build_step(layer, [keras.random.normal((batch_size, length, units)) for _ in range(2)])

    return measure_peak_memory(build(ADDITIVE_LENGTH), warmup=build(16))[1]


def measure_import_time() -> None:
    """Print the seconds that `import foveal.layers` takes after `import keras`."""
    code = (
        "import time, keras; start = time.perf_counter(); import foveal.layers; "
        "print(time.perf_counter() - start)"
    )
    times = [float(run_python(code)) for _ in range(7)]
    console.print(f"import foveal.layers adds {statistics.median(times):.3f} s to import keras (goal 0.1)")


def run_python(code: str) -> str:
    """Run code in a new interpreter and return the last line that it prints."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return run.stdout.split("\n")[-2]


if __name__ == "__main__":
    main(tyro.cli(Settings))
