"""What it costs to record where a model looked, beside a plain `predict` of the same batch."""

import time
from collections.abc import Callable

import keras
import numpy as np

from foveal.focus import record

LAYERS, WIDTH, HEADS, BATCH, LENGTH = 4, 256, 4, 32, 128
ROUNDS = 9


def model(feed_forward: bool) -> keras.Model:
    """Self-attention of Keras several times, alone or each with a feed-forward layer behind it."""
    inputs = stream = keras.Input((LENGTH, WIDTH))
    for _ in range(LAYERS):
        stream = stream + keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(stream, stream)
        stream = keras.layers.LayerNormalization()(stream)
        if feed_forward:
            inner = keras.layers.Dense(4 * WIDTH, activation="relu")(stream)
            stream = keras.layers.LayerNormalization()(stream + keras.layers.Dense(WIDTH)(inner))
    return keras.Model(inputs, stream)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    print(
        f"{LAYERS} layers, width {WIDTH}, {HEADS} heads, batch {BATCH} x {LENGTH}, median of {ROUNDS} turns"
    )
    measure("attention alone", model(feed_forward=False))
    measure("attention and feed-forward", model(feed_forward=True))


def measure(title: str, measured: keras.Model) -> None:
    inputs = np.random.default_rng(0).random((BATCH, LENGTH, WIDTH), "float32")
    twin = keras.models.clone_model(measured)  # is never recorded
    runs = {
        "predict": lambda: measured.predict(inputs, batch_size=BATCH, verbose=0),
        "record": lambda: record(measured, inputs, batch_size=BATCH),
        "predict, never recorded": lambda: twin.predict(inputs, batch_size=BATCH, verbose=0),
    }
    for run in runs.values():
        run()  # traces
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):  # in turn, so that what else the machine does meets all
        for name, run in runs.items():
            taken[name].append(seconds(run))
    plain = np.median(taken["predict"])
    print(title)
    for name, times in taken.items():
        print(f"  {name:<25} {1000 * np.median(times):7.1f} ms  {np.median(times) / plain:.2f}x")


if __name__ == "__main__":
    main()
