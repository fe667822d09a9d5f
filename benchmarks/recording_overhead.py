"""Time of `foveal.focus.record`, compared with `predict` of the same batch.

`python benchmarks/recording_overhead.py`. The same `predict` of a model that is never recorded shows whether
recording leaves a cost behind.
"""

import statistics
from collections.abc import Callable

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import keras
import numpy as np

from foveal.benchmarks.timing import alternate, timed
from foveal.focus import record

NUM_LAYERS, HIDDEN_DIM, NUM_HEADS, BATCH_SIZE, LENGTH = 4, 256, 4, 32, 128
REPETITIONS = 9


def main() -> None:
    print(
        f"{NUM_LAYERS} layers, hidden_dim {HIDDEN_DIM}, {NUM_HEADS} heads, batch {BATCH_SIZE} x {LENGTH}, "
        f"median of {REPETITIONS} repetitions"
    )
    measure("attention", build_model(feed_forward=False))
    measure("attention and feed-forward", build_model(feed_forward=True))


def build_model(feed_forward: bool) -> keras.Model:
    """Build a stack of Keras self-attention layers, optionally each with a feed-forward layer after it."""
    inputs = hidden = keras.Input((LENGTH, HIDDEN_DIM))
    for _ in range(NUM_LAYERS):
        attention = keras.layers.MultiHeadAttention(NUM_HEADS, HIDDEN_DIM // NUM_HEADS)
        hidden = keras.layers.LayerNormalization()(hidden + attention(hidden, hidden))
        if feed_forward:
            inner = keras.layers.Dense(4 * HIDDEN_DIM, activation="relu")(hidden)
            hidden = keras.layers.LayerNormalization()(hidden + keras.layers.Dense(HIDDEN_DIM)(inner))
    return keras.Model(inputs, hidden)


def measure(title: str, model: keras.Model) -> None:
    """Print the median time of each call, and its ratio to `predict`."""
    inputs = np.random.default_rng(0).random((BATCH_SIZE, LENGTH, HIDDEN_DIM), "float32")
    never_recorded = keras.models.clone_model(model)
    calls: dict[str, Callable] = {
        "predict": lambda: model.predict(inputs, batch_size=BATCH_SIZE, verbose=0),
        "record": lambda: record(model, inputs, batch_size=BATCH_SIZE),
        "predict, never recorded": lambda: never_recorded.predict(inputs, batch_size=BATCH_SIZE, verbose=0),
    }
    times = alternate([timed(call) for call in calls.values()], REPETITIONS, warmup=1)  # traces the calls
    medians = dict(zip(calls, map(statistics.median, times), strict=True))
    print(title)
    for name, seconds in medians.items():
        print(f"  {name:<25} {1000 * seconds:7.1f} ms  {seconds / medians['predict']:.2f}x")


if __name__ == "__main__":
    main()
