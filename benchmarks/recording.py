"""What it costs to record where a model looked, beside a plain `predict` of the same batch."""

import time
from collections.abc import Callable

import keras
import numpy as np

from foveal.focus import record

BLOCKS, WIDTH, HEADS, BATCH, LENGTH = 4, 256, 4, 32, 128
ROUNDS = 15


def encoder() -> keras.Model:
    """Self-attention of Keras and a feed-forward layer, several times."""
    inputs = stream = keras.Input((LENGTH, WIDTH))
    for _ in range(BLOCKS):
        attention = keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        stream = keras.layers.LayerNormalization()(stream + attention(stream, stream))
        inner = keras.layers.Dense(4 * WIDTH, activation="relu")(stream)
        stream = keras.layers.LayerNormalization()(stream + keras.layers.Dense(WIDTH)(inner))
    return keras.Model(inputs, stream)


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    model, inputs = encoder(), np.random.default_rng(0).random((BATCH, LENGTH, WIDTH), "float32")
    runs = {
        "predict": lambda: model.predict(inputs, verbose=0),
        "record": lambda: record(model, inputs),
        "predict, after recording": lambda: model.predict(inputs, verbose=0),
    }
    for run in runs.values():
        run()  # traces
    taken = {name: [] for name in runs}
    for _ in range(ROUNDS):  # in turn, so that what else the machine does meets all
        for name, run in runs.items():
            taken[name].append(seconds(run))
    print(f"{BLOCKS} blocks, width {WIDTH}, {HEADS} heads, {BATCH} x {LENGTH}, median of {ROUNDS}:")
    plain = np.median(taken["predict"])
    for name, times in taken.items():
        print(f"{name:<25} {1000 * np.median(times):6.1f} ms  {np.median(times) / plain:.2f}x")


if __name__ == "__main__":
    main()
