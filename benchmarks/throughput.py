"""Translation beside CTranslate2, training beside PyTorch: `make bench`, which runs this file.

All have the same weights, and it is shown first that they compute the same. Each has a process of its own,
and they take turns, so that what else the machine does does not fall on one of them alone.
"""

import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pkgutil import resolve_name
from typing import Any, Self

import tyro

PEERS = "foveal.benchmarks.peers"
PAUSE = 0.3  # seconds between turns, for the threads of some libraries spin a while after their work
BUSY = 0.5  # load average from which on the machine is too busy to tell anything


@dataclass(frozen=True)
class Settings:
    """Measure translation beside CTranslate2 and training beside PyTorch."""

    width: int = 256
    """Of embeddings and states."""
    heads: int = 8
    """Of every attention."""
    num_encoder_layers: int = 4
    """Blocks of the encoder."""
    num_decoder_layers: int = 4
    """Blocks of the decoder."""
    intermediate_dim: int = 1024
    """Width inside the feed-forward layers."""
    vocabulary_size: int = 8000
    """Pieces."""
    dropout: float = 0.1
    """Share dropped in training."""
    words: int = 18
    """Of each sentence to translate; its translation is as long as it may be, 2 * (words + 1) + 10."""
    batch: int = 64
    """Pairs of sentences in a training batch."""
    length: int = 24
    """Pieces of each sentence in it."""
    repetitions: int = 9
    """Turns of each library."""
    threads: int = 2
    """That each library may use."""


class Process:
    """An object in a process of its own, called as if it were here; the process ends with the context."""

    def __init__(self, name: str, **arguments: Any):
        self.pool = ProcessPoolExecutor(1, get_context("spawn"), _make, (name, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.pool.shutdown()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments: self.pool.submit(_call, method, arguments).result()[0]

    def seconds(self, method: str, *arguments: Any) -> float:
        """How long a call takes, measured in its process."""
        return self.pool.submit(_call, method, arguments).result()[1]


def _make(name: str, arguments: dict[str, Any]) -> None:
    global living
    living = resolve_name(f"{PEERS}.{name}")(**arguments)


def _call(method: str, arguments: tuple) -> tuple[Any, float]:
    start = time.perf_counter()
    result = getattr(living, method)(*arguments)
    return result, time.perf_counter() - start


def main(settings: Settings) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # the processes inherit it
    load = os.getloadavg()[0]
    if load > BUSY:
        print(f"The machine was busy in the last minute (load {load:.1f}): wait for a quiet one.\n")
    sizes = ("width", "heads", "encoder_blocks", "decoder_blocks", "feed_forward", "dropout")
    with Process(
        "foveal_model:Foveal",
        vocabulary_size=settings.vocabulary_size,
        threads=settings.threads,
        **{name: getattr(settings, name) for name in sizes},
    ) as foveal:
        weights = foveal.weights()
        rows = [*translate(settings, foveal, weights), train(settings, foveal, weights)]
    print(
        f"\n{'target tokens a second':28}{'foveal':>22}{'peer':>22}{'ratio':>7}{'goal':>6}", *rows, sep="\n"
    )


def translate(settings: Settings, foveal: Process, weights: dict) -> list[str]:
    """Greedy: from text to text in foveal's exported model, from pieces to pieces in its peer."""
    print(f"translate: exported and loaded in {foveal.seconds('export'):.0f} s")
    with Process(
        "ctranslate2_model:CTranslate2",
        weights=weights,
        vocabulary=foveal.vocabulary(),
        heads=settings.heads,
        threads=settings.threads,
    ) as peer:
        return [translate_batch(settings, foveal, peer, size) for size in (1, 32)]


def translate_batch(settings: Settings, foveal: Process, peer: Process, size: int) -> str:
    max_length = 2 * (settings.words + 1) + 10
    sentences = foveal.sentences(size, settings.words)
    compiling = foveal.seconds("translate", sentences)
    told = compare(foveal.translate(sentences), peer.translate_and_score(sentences, max_length))
    print(f"translate {size}: compiled in {compiling:.0f} s; {told}")
    times = alternate(
        settings.repetitions,
        lambda: foveal.seconds("translate", sentences),
        lambda: peer.seconds("translate", sentences, max_length),
    )
    return row(f"translate {size}, CTranslate2", size * max_length, *times, goal=0.5)


def compare(ours: tuple[list[str], list[float]], theirs: tuple[list[str], list[float]]) -> str:
    """What two libraries made of the same sentences: texts and log-probabilities."""
    same = sum(a == b for a, b in zip(ours[0], theirs[0], strict=True))
    words = len({word for text in ours[0] for word in text.split()})
    gap = max(abs(a - b) for a, b in zip(ours[1], theirs[1], strict=True))
    return (
        f"{same} of {len(ours[0])} translations are the same ({words} different words), "
        f"their log-probabilities to {gap:.0e}"
    )


def train(settings: Settings, foveal: Process, weights: dict) -> str:
    """One update of the weights, from a batch to the loss."""
    batch = foveal.batch(settings.batch, settings.length)
    foveal.prepare_training()
    with Process(
        "pytorch_model:PyTorch",
        weights=weights,
        heads=settings.heads,
        dropout=settings.dropout,
        threads=settings.threads,
    ) as peer:
        ours, theirs = foveal.loss(batch), peer.loss(batch)
        compiling = foveal.seconds("update", batch)
        peer.update(batch)
        print(
            f"train: compiled in {compiling:.0f} s; the first losses, without dropout, are {ours:.5f} "
            f"and {theirs:.5f}, the same to {abs(ours - theirs):.0e}"
        )
        times = alternate(
            settings.repetitions,
            lambda: foveal.seconds("update", batch),
            lambda: peer.seconds("update", batch),
        )
    return row("train, PyTorch", settings.batch * settings.length, *times, goal=1.0)


def alternate(repetitions: int, *runs: Callable[[], float]) -> list[list[float]]:
    """The seconds of each of `runs`, which take turns."""
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(repetitions):
        for run, told in zip(runs, times, strict=True):
            time.sleep(PAUSE)
            told.append(run())
    return times


def row(name: str, tokens: int, ours: list[float], theirs: list[float], goal: float) -> str:
    """Medians, and from the slowest to the fastest; the ratio is the median over the turns."""
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    speeds = [sorted(tokens / seconds for seconds in times) for times in (ours, theirs)]
    cells = [f"{statistics.median(s):,.0f} ({s[0]:,.0f}-{s[-1]:,.0f})" for s in speeds]
    return f"{name:28}{cells[0]:>22}{cells[1]:>22}{ratio:7.2f}{goal:6.1f}"


if __name__ == "__main__":
    main(tyro.cli(Settings))
