"""Throughput of translation compared with CTranslate2, and of training compared with PyTorch.

`make bench`, which runs this file. All libraries have the same weights; the run first shows that they
compute the same. Each library has a process of its own, and they run in alternation, so that other load on
the machine affects all of them.
"""

import os
import statistics
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import tyro

from foveal.benchmarks.processes import RemoteObject
from foveal.benchmarks.timing import alternate

PEERS = "foveal.benchmarks.peers"
PAUSE = 0.3  # seconds between runs: the threads of some libraries spin for a while after their work
MAX_LOAD = 0.5  # load average above which the machine is too busy for a measurement


@dataclass(frozen=True)
class Settings:
    """Compare translation with CTranslate2 and training with PyTorch."""

    hidden_dim: int = 256
    """Dimension of embeddings, states and attention."""
    num_heads: int = 8
    """Heads of each attention layer."""
    num_encoder_layers: int = 4
    """Blocks of the encoder."""
    num_decoder_layers: int = 4
    """Blocks of the decoder."""
    intermediate_dim: int = 1024
    """Inner dimension of the feed-forward layers."""
    vocabulary_size: int = 8000
    """Subword tokens."""
    dropout: float = 0.1
    """Dropout rate in training."""
    words: int = 18
    """Words of each sentence to translate; its translation has the maximum length, 2 * (words + 1) + 10."""
    batch_size: int = 64
    """Pairs of sentences in a training batch."""
    length: int = 24
    """Tokens of each sentence in a training batch."""
    batch_sizes: tuple[int, ...] = (1, 8, 32, 128)
    """Sentences of each batch to translate."""
    repetitions: int = 7
    """Measured runs of each library."""
    threads: int = 2
    """Threads of each library."""
    figure: Path | None = None
    """Picture of the ratios, a PNG file."""

    @property
    def sizes(self) -> dict[str, int | float]:
        """Sizes and dropout of the model, as the configuration of the pipeline names them."""
        names = ("hidden_dim", "num_heads", "num_encoder_layers", "num_decoder_layers", "intermediate_dim")
        return {name: getattr(self, name) for name in (*names, "dropout")}


class Row(NamedTuple):
    """Target tokens per second of foveal and of its peer; median, least and greatest ratio of the runs."""

    name: str
    speed: float
    peer_speed: float
    ratio: float
    lowest: float
    highest: float


def main(settings: Settings) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # inherited by the processes
    load = os.getloadavg()[0]
    if load > MAX_LOAD:
        print(f"The machine was busy in the last minute (load {load:.1f}): wait until it is idle.\n")
    with new_model(settings) as foveal:
        print(foveal.describe_machine(settings.threads))
        weights = foveal.weights()
        rows = [*measure_translation(settings, foveal, weights), *measure_training(settings, foveal, weights)]
    print("\n| task | foveal | peer | ratio | lowest | highest |\n|---|---:|---:|---:|---:|---:|")
    for row in rows:
        speeds = f"{row.speed:,.0f} | {row.peer_speed:,.0f}"
        print(f"| {row.name} | {speeds} | {row.ratio:.2f} | {row.lowest:.2f} | {row.highest:.2f} |")
    if settings.figure:
        draw_figure(rows, settings.figure)


def new_model(settings: Settings, **arguments: Any) -> RemoteObject:
    """Start a process with foveal's model; arguments as in `Foveal`."""
    return RemoteObject(
        f"{PEERS}.foveal_model:Foveal",
        vocabulary_size=settings.vocabulary_size,
        threads=settings.threads,
        **settings.sizes,
        **arguments,
    )


def measure_translation(settings: Settings, foveal: RemoteObject, weights: dict) -> list[Row]:
    """Measure foveal's SavedModel, from text to text, beside CTranslate2, from tokens to tokens."""
    print(f"translate: exported and loaded in {foveal.seconds('export'):.0f} s")
    peer_arguments = {
        "weights": weights,
        "vocabulary": foveal.vocabulary(),
        "num_heads": settings.num_heads,
        "threads": settings.threads,
    }
    name = f"{PEERS}.ctranslate2_model:CTranslate2"
    with (
        RemoteObject(name, **peer_arguments) as peer,
        RemoteObject(name, **peer_arguments, compute_type="int8") as int8,
        new_model(settings, gate=True, position_encoding="rotary") as shipped,
    ):
        shipped.export()
        models = {
            "float32": (foveal, peer),
            "peer in int8": (foveal, int8),
            "gate, rotary": (shipped, peer),
        }
        return [
            measure_batch(settings, f"translate {batch_size}, beam {beams}, {name}", *pair, batch_size, beams)
            for beams, batch_size, (name, pair) in product((1, 5), settings.batch_sizes, models.items())
        ]


def measure_batch(
    settings: Settings, name: str, foveal: RemoteObject, peer: RemoteObject, batch_size: int, beams: int
) -> Row:
    """Measure the translation of one batch."""
    max_length = 2 * (settings.words + 1) + 10
    sentences = foveal.sentences(batch_size, settings.words)
    first_call = foveal.seconds("translate", sentences, beams)
    print(f"{name}: first call {first_call:.1f} s", end="")
    if name.endswith("float32"):  # both have the same weights
        outputs = foveal.translate(sentences, beams)
        print(f"; {compare(outputs, peer.translate_and_score(sentences, max_length, beams))}", end="")
    print()
    runs = [
        lambda: foveal.seconds("translate", sentences, beams),
        lambda: peer.seconds("translate", sentences, max_length, beams),
    ]
    times, peer_times = alternate(runs, settings.repetitions, pause=PAUSE)
    return new_row(name, batch_size * max_length, times, peer_times)


def compare(outputs: tuple[list[str], list[float]], peer_outputs: tuple[list[str], list[float]]) -> str:
    """Describe the agreement of two libraries on the same sentences: translations and log-probabilities."""
    texts, peer_texts = outputs[0], peer_outputs[0]
    num_equal = sum(text == peer_text for text, peer_text in zip(texts, peer_texts, strict=True))
    num_words = len({word for text in texts for word in text.split()})
    differences = (abs(a - b) for a, b in zip(outputs[1], peer_outputs[1], strict=True))
    return (
        f"{num_equal} of {len(texts)} translations are equal ({num_words} different words), "
        f"their log-probabilities to {max(differences):.0e}"
    )


def measure_training(settings: Settings, foveal: RemoteObject, weights: dict) -> list[Row]:
    """Measure one update of the weights, from a batch to the loss."""
    batch = foveal.batch(settings.batch_size, settings.length)
    with (
        new_model(settings, mixed_precision=True) as bfloat16,
        RemoteObject(
            f"{PEERS}.pytorch_model:PyTorch",
            weights=weights,
            num_heads=settings.num_heads,
            dropout=settings.dropout,
            threads=settings.threads,
        ) as peer,
    ):
        loss, peer_loss = foveal.loss(batch), peer.loss(batch)
        print(
            f"train: the initial losses, without dropout, are {loss:.5f} and {peer_loss:.5f}, equal to "
            f"{abs(loss - peer_loss):.0e}"
        )
        for name, model in (("float32", foveal), ("bfloat16", bfloat16)):
            model.prepare_training()
            print(f"train, {name}: first update {model.seconds('update', batch):.1f} s")
        peer.update(batch)
        runs = [
            lambda process=process: process.seconds("update", batch) for process in (foveal, bfloat16, peer)
        ]
        times, bfloat16_times, peer_times = alternate(runs, settings.repetitions, pause=PAUSE)
    num_tokens = settings.batch_size * settings.length
    return [
        new_row("train, float32, PyTorch eager", num_tokens, times, peer_times),
        new_row("train, bfloat16, PyTorch eager", num_tokens, bfloat16_times, peer_times),
        new_row("train, bfloat16, foveal float32", num_tokens, bfloat16_times, times),
    ]


def new_row(name: str, num_tokens: int, times: list[float], peer_times: list[float]) -> Row:
    """Summarize alternating runs.

    Args:
        name: of the row.
        num_tokens: target tokens of one run.
        times, peer_times: seconds of each run.
    """
    ratios = [peer / own for own, peer in zip(times, peer_times, strict=True)]
    speed, peer_speed = (num_tokens / statistics.median(column) for column in (times, peer_times))
    return Row(name, speed, peer_speed, statistics.median(ratios), min(ratios), max(ratios))


def draw_figure(rows: list[Row], path: Path) -> None:
    """Draw the ratios as bars, with the range of the runs."""
    figure, axes = plt.subplots(figsize=(7, 0.24 * len(rows) + 0.8), layout="constrained")
    ratios, positions = np.array([row.ratio for row in rows]), np.arange(len(rows))
    errors = [ratios - [row.lowest for row in rows], [row.highest for row in rows] - ratios]
    colors = ["tab:blue" if ratio >= 1 else "tab:orange" for ratio in ratios]
    axes.barh(positions, ratios, xerr=errors, color=colors, ecolor="gray")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(positions, [row.name for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("throughput divided by that of the peer")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(tyro.cli(Settings))
