"""Throughput of translation compared with CTranslate2, and of training compared with PyTorch.

`make bench`, which runs this file. All libraries have the same weights; the run first shows that they
compute the same. Each library has a process of its own, and they run in alternation, so that other load on
the machine affects all of them.
"""

import os
import statistics
from dataclasses import dataclass

import tyro

from foveal.benchmarks.processes import RemoteObject
from foveal.benchmarks.timing import alternate

PEERS = "foveal.benchmarks.peers"
PAUSE = 0.3  # seconds between runs: the threads of some libraries spin for a while after their work
MAX_LOAD = 0.5  # load average above which the machine is too busy for a measurement
TRANSLATION_GOAL, TRAINING_GOAL = 0.5, 1.0  # throughput of foveal divided by that of its peer


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
    repetitions: int = 9
    """Measured runs of each library."""
    threads: int = 2
    """Threads of each library."""

    @property
    def sizes(self) -> dict[str, int | float]:
        """Sizes and dropout of the model, as the configuration of the pipeline names them."""
        names = ("hidden_dim", "num_heads", "num_encoder_layers", "num_decoder_layers", "intermediate_dim")
        return {name: getattr(self, name) for name in (*names, "dropout")}


def main(settings: Settings) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # inherited by the processes
    load = os.getloadavg()[0]
    if load > MAX_LOAD:
        print(f"The machine was busy in the last minute (load {load:.1f}): wait until it is idle.\n")
    with RemoteObject(
        f"{PEERS}.foveal_model:Foveal",
        vocabulary_size=settings.vocabulary_size,
        threads=settings.threads,
        **settings.sizes,
    ) as foveal:
        weights = foveal.weights()
        rows = [*measure_translation(settings, foveal, weights), measure_training(settings, foveal, weights)]
    print(
        f"\n{'target tokens a second':28}{'foveal':>22}{'peer':>22}{'ratio':>7}{'goal':>6}", *rows, sep="\n"
    )


def measure_translation(settings: Settings, foveal: RemoteObject, weights: dict) -> list[str]:
    """Measure greedy search: from text to text in foveal's SavedModel, from tokens to tokens in its peer."""
    print(f"translate: exported and loaded in {foveal.seconds('export'):.0f} s")
    with RemoteObject(
        f"{PEERS}.ctranslate2_model:CTranslate2",
        weights=weights,
        vocabulary=foveal.vocabulary(),
        num_heads=settings.num_heads,
        threads=settings.threads,
    ) as peer:
        return [measure_batch(settings, foveal, peer, batch_size) for batch_size in (1, 32)]


def measure_batch(settings: Settings, foveal: RemoteObject, peer: RemoteObject, batch_size: int) -> str:
    """Measure the translation of one batch."""
    max_length = 2 * (settings.words + 1) + 10
    sentences = foveal.sentences(batch_size, settings.words)
    compilation = foveal.seconds("translate", sentences)
    agreement = compare(foveal.translate(sentences), peer.translate_and_score(sentences, max_length))
    print(f"translate {batch_size}: compiled in {compilation:.0f} s; {agreement}")
    runs = [
        lambda: foveal.seconds("translate", sentences),
        lambda: peer.seconds("translate", sentences, max_length),
    ]
    times, peer_times = alternate(runs, settings.repetitions, pause=PAUSE)
    name = f"translate {batch_size}, CTranslate2"
    return format_row(name, batch_size * max_length, times, peer_times, TRANSLATION_GOAL)


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


def measure_training(settings: Settings, foveal: RemoteObject, weights: dict) -> str:
    """Measure one update of the weights, from a batch to the loss."""
    batch = foveal.batch(settings.batch_size, settings.length)
    foveal.prepare_training()
    with RemoteObject(
        f"{PEERS}.pytorch_model:PyTorch",
        weights=weights,
        num_heads=settings.num_heads,
        dropout=settings.dropout,
        threads=settings.threads,
    ) as peer:
        loss, peer_loss = foveal.loss(batch), peer.loss(batch)
        compilation = foveal.seconds("update", batch)
        peer.update(batch)
        print(
            f"train: compiled in {compilation:.0f} s; the initial losses, without dropout, are {loss:.5f} "
            f"and {peer_loss:.5f}, equal to {abs(loss - peer_loss):.0e}"
        )
        runs = [lambda: foveal.seconds("update", batch), lambda: peer.seconds("update", batch)]
        times, peer_times = alternate(runs, settings.repetitions, pause=PAUSE)
    num_tokens = settings.batch_size * settings.length
    return format_row("train, PyTorch", num_tokens, times, peer_times, TRAINING_GOAL)


def format_row(name: str, num_tokens: int, times: list[float], peer_times: list[float], goal: float) -> str:
    """Format tokens per second: medians with the slowest and the fastest run, and the median ratio.

    Args:
        name: of the row.
        num_tokens: target tokens of one run.
        times, peer_times: seconds of each run.
        goal: smallest ratio of the throughputs.
    """
    pairs = zip(times, peer_times, strict=True)
    ratio = statistics.median(peer_seconds / seconds for seconds, peer_seconds in pairs)
    speeds = [sorted(num_tokens / seconds for seconds in column) for column in (times, peer_times)]
    cells = [f"{statistics.median(s):,.0f} ({s[0]:,.0f}-{s[-1]:,.0f})" for s in speeds]
    return f"{name:28}{cells[0]:>22}{cells[1]:>22}{ratio:7.2f}{goal:6.1f}"


if __name__ == "__main__":
    main(tyro.cli(Settings))
