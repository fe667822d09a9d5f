"""Translation beside CTranslate2 and PyTorch: `make bench`, or `python benchmarks/translation.py`.

All have the same weights, and it is shown first that they compute the same. Each lives in a process of
its own, and they take turns, so that whatever else the machine does slows all of them alike.
"""

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pkgutil import resolve_name
from typing import Any

import tyro

PEERS = "foveal.benchmarks.peers"
PAUSE = 0.3  # seconds, for a library's threads spin a while after their work


@dataclass(frozen=True)
class Settings:
    """Measure translation beside CTranslate2 and training beside PyTorch."""

    width: int = 256
    """Of embeddings and states."""
    heads: int = 8
    """Of every attention."""
    encoder_blocks: int = 4
    """Blocks of the encoder."""
    decoder_blocks: int = 4
    """Blocks of the decoder."""
    feed_forward: int = 1024
    """Width inside the feed-forward layers."""
    vocabulary_size: int = 8000
    """Pieces."""
    dropout: float = 0.1
    """In training."""
    words: int = 18
    """Of each sentence to translate; its translation has 2 * (words + 1) + 10."""
    batch: int = 64
    """Pairs of sentences in a training batch."""
    length: int = 24
    """Pieces of each of them."""
    repetitions: int = 9
    """Of each measurement; their median is told."""
    threads: int = 2
    """That each library may use."""


class Process:
    """An object in a process of its own; its methods are called as if it were here."""

    def __init__(self, name: str, **arguments: Any):
        self.pool = ProcessPoolExecutor(
            1, get_context("spawn"), initializer=_make, initargs=(name, arguments)
        )

    def __getattr__(self, method: str) -> Callable:
        return lambda *arguments: self.pool.submit(_call, method, arguments).result()[0]

    def seconds(self, method: str, *arguments: Any) -> float:
        """How long a call takes, measured in the process."""
        return self.pool.submit(_call, method, arguments).result()[1]


def _make(name: str, arguments: dict) -> None:
    global living
    living = resolve_name(f"{PEERS}.{name}")(**arguments)


def _call(method: str, arguments: tuple) -> tuple[Any, float]:
    start = time.perf_counter()
    result = getattr(living, method)(*arguments)
    return result, time.perf_counter() - start


def main(settings: Settings) -> None:
    sizes = ("width", "heads", "encoder_blocks", "decoder_blocks", "feed_forward", "dropout")
    foveal = Process(
        "foveal_model:Foveal",
        vocabulary_size=settings.vocabulary_size,
        threads=settings.threads,
        **{name: getattr(settings, name) for name in sizes},
    )
    weights = foveal.weights()
    print(f"{settings}\n")
    rows = [*translate(settings, foveal, weights), train(settings, foveal, weights)]
    print(f"\n{'target tokens a second':24}{'foveal':>24}{'peer':>24}  ratio  goal")
    print(*rows, sep="\n")


def translate(settings: Settings, foveal: Process, weights: dict) -> list[str]:
    """Greedy, text to text on foveal's side, pieces to pieces on the other."""
    peer = Process(
        "ctranslate2_model:CTranslate2",
        weights=weights,
        vocabulary=foveal.vocabulary(),
        heads=settings.heads,
        threads=settings.threads,
    )
    foveal.export()
    longest = 2 * (settings.words + 1) + 10
    rows = []
    for batch in 1, 32:
        sentences = foveal.sentences(batch, settings.words)
        first = foveal.seconds("translate", sentences)
        texts, scores = foveal.translate(sentences)
        theirs = ["".join(pieces)[1:] for pieces in peer.translate(sentences, longest)]
        pairs = zip(scores, peer.scores(sentences, longest), strict=True)
        same = sum(ours == their for ours, their in zip(texts, theirs, strict=True))
        print(
            f"translate {batch}: {same} of {batch} translations are the same, "
            f"{len(set(texts[0].split()))} different words in the first; "
            f"log-probabilities differ by at most {max(abs(a - b) for a, b in pairs):.1e}; "
            f"compiling took {first:.0f} s"
        )
        times = alternate(
            settings.repetitions,
            lambda: foveal.seconds("translate", sentences),
            lambda: peer.seconds("translate", sentences, longest),
        )
        rows.append(row(f"translate {batch}, CTranslate2", batch * longest, *times, goal=0.5))
    return rows


def train(settings: Settings, foveal: Process, weights: dict) -> str:
    """One update of the weights, from a batch to the loss."""
    peer = Process(
        "pytorch_model:PyTorch",
        weights=weights,
        heads=settings.heads,
        dropout=settings.dropout,
        threads=settings.threads,
    )
    batch = foveal.batch(settings.batch, settings.length)
    ours, theirs = foveal.loss(batch), peer.loss(batch)
    foveal.prepare_training()
    first = foveal.seconds("update", batch)
    peer.update(batch)
    print(
        f"train: without dropout the losses are {ours:.6f} and {theirs:.6f}, they differ by "
        f"{abs(ours - theirs):.1e}; compiling took {first:.0f} s"
    )
    times = alternate(
        settings.repetitions,
        lambda: foveal.seconds("update", batch),
        lambda: peer.seconds("update", batch),
    )
    return row("train, PyTorch", settings.batch * settings.length, *times, goal=1.0)


def alternate(repetitions: int, *runs: Callable[[], float]) -> list[list[float]]:
    """What each of `runs` told, turn by turn."""
    times = []
    for _ in range(repetitions):
        times.append([])
        for run in runs:
            time.sleep(PAUSE)
            times[-1].append(run())
    return [list(column) for column in zip(*times, strict=True)]


def row(name: str, tokens: int, ours: list[float], theirs: list[float], goal: float) -> str:
    """Medians, with the slowest and the fastest; the ratio is the median of each turn's."""
    ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    cells = [
        f"{tokens / statistics.median(times):,.0f} ({tokens / max(times):,.0f}-{tokens / min(times):,.0f})"
        for times in (ours, theirs)
    ]
    return f"{name:24}{cells[0]:>24}{cells[1]:>24}{ratio:7.2f}{goal:6.1f}"


if __name__ == "__main__":
    main(tyro.cli(Settings))
