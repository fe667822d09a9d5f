"""Lexical shortlists of several sizes beside the whole vocabulary: candidates, quality and throughput.

- `python benchmarks/lexical_shortlist.py candidates`: how many tokens of the references are candidates,
  without a model;
- `python benchmarks/lexical_shortlist.py quality`: BLEU and time of an exported translator;
- `python benchmarks/lexical_shortlist.py throughput`: tokens a second of the model of `make bench`.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from statistics import median
from typing import Any

import foveal.pipelines.cli.quiet_tensorflow  # noqa: F401  # precedes every import of TensorFlow

# isort: split
import numpy as np
import tensorflow as tf
import tyro
from tabulate import tabulate

from foveal.benchmarks.peers.foveal_model import Foveal
from foveal.benchmarks.throughput import PAUSE, Settings
from foveal.benchmarks.timing import alternate, timed
from foveal.pipelines.evaluation.text_metrics import bleu
from foveal.pipelines.saved_model.loading import latest_version
from foveal.pipelines.text.codec import TextCodec
from foveal.pipelines.training.warm_start import load_weights_from
from foveal.pipelines.translation.config import (
    DataConfig,
    DatasetConfig,
    DecodingConfig,
    ModelConfig,
    TranslationConfig,
)
from foveal.pipelines.translation.data import encode_pairs, load_split
from foveal.pipelines.translation.evaluate import translate
from foveal.pipelines.translation.export import Translator, build_translator
from foveal.pipelines.translation.lexical_shortlist import NUM_FREQUENT, LexicalShortlist, learn_shortlist
from foveal.pipelines.translation.model import build

SIZES = (4, 8, 16, 32)
BATCH_SIZES = (1, 32)
REPETITIONS = 7


def candidates(data: DataConfig, sizes: tuple[int, ...] = SIZES) -> None:
    """Print the coverage of the validation references, and the candidates of a batch.

    Args:
        data: data set and size of the vocabulary.
        sizes: translations of each source token.
    """
    train, validation = (load_split(data, split) for split in ("train", "validation"))
    codec = TextCodec.train(train.source + train.target, data.vocabulary_size)
    pairs, held_out = (encode_pairs(codec, text) for text in (train, validation))
    rows = []
    for size in sizes:
        shortlist = learn_shortlist(pairs, len(codec.vocabulary), size)
        counts = [count_candidates(shortlist, held_out["source"], batch_size) for batch_size in BATCH_SIZES]
        rows.append([size, 100 * shortlist.coverage(held_out), *counts])
    print(f"{len(codec.vocabulary):,} tokens")
    headers = ["translations", "coverage, %", *(f"candidates, batch {size}" for size in BATCH_SIZES)]
    print(tabulate(rows, headers, tablefmt="pipe", floatfmt=".2f"))


def count_candidates(shortlist: LexicalShortlist, source: Sequence[np.ndarray], batch_size: int) -> int:
    """Compute the median number of distinct candidates of a batch."""
    batches = [source[i : i + batch_size] for i in range(0, len(source) - batch_size + 1, batch_size)]
    padded = (tf.ragged.constant([row.tolist() for row in batch]).to_tensor() for batch in batches)
    masks = (shortlist(tf.cast(batch, tf.int32)).mask for batch in padded)
    return int(median(int(tf.reduce_sum(tf.cast(tf.reduce_any(mask, 0), tf.int32))) for mask in masks))


def quality(
    data: DatasetConfig,
    model: Path = Path("saved_models/translation"),
    split: str = "validation",
    sizes: tuple[int, ...] = SIZES,
) -> None:
    """Print the quality and the time of an exported translator.

    Args:
        data: data set of the model.
        model: folder of an exported model, or of its versions.
        split: split that is translated.
        sizes: translations of each source token; the whole vocabulary comes first.
    """
    version = latest_version(model)
    codec = TextCodec.load(str(version / "assets/vocabulary.txt"))
    settings = json.loads((version / "assets.extra/config.json").read_text())
    config = TranslationConfig(model=ModelConfig(**settings["model"]))
    network = build(config.model, len(codec.vocabulary))
    load_weights_from(network.model, version)
    pairs, test = encode_pairs(codec, load_split(data, "train")), load_split(data, split)
    translators = {0: build_translator(config, codec, network)}
    for size in sizes:
        decoding = replace(config.decoding, shortlist_size=size)
        shortlist = learn_shortlist(pairs, len(codec.vocabulary), size)
        translators[size] = build_translator(replace(config, decoding=decoding), codec, network, shortlist)
    rows = []
    for size, translator in translators.items():
        beam, greedy = (
            translate(signature, test.source) for signature in (translator.serve, translator.fast)
        )
        rows.append([size, bleu(beam, test.target).value, bleu(greedy, test.target).value])
    for beams, batch_size in product(("serving_default", "fast"), BATCH_SIZES):
        seconds = measure(list(translators.values()), beams, test.source[:batch_size])
        for row, times in zip(rows, seconds, strict=True):
            row.append(median(np.divide(seconds[0], times)))
    searches = product(("beam", "greedy"), BATCH_SIZES)
    headers = ["translations", "BLEU, beam", "BLEU, greedy", *(f"speed, {beam}, {n}" for beam, n in searches)]
    print(tabulate(rows, headers, tablefmt="pipe", floatfmt=".2f"))


def measure(translators: Sequence[Translator], name: str, texts: list[str]) -> list[list[float]]:
    """Measure a signature of several translators in alternation: seconds of the calls of each."""
    batch = tf.constant(texts)
    runs = [timed(partial(translator.signatures()[name], text=batch)) for translator in translators]
    return alternate(runs, REPETITIONS, warmup=2, pause=PAUSE)


def throughput(settings: Settings, num_candidates: int = 7, num_distinct: int = 1650) -> None:
    """Print target tokens a second of the model of `make bench`, whose weights are random.

    The candidates are random too. By default a batch has as many as one of Multi30k, with 16 translations.

    Args:
        settings: of `make bench`.
        num_candidates: candidates of each source token.
        num_distinct: tokens from which they are drawn.
    """
    sizes: dict[str, Any] = settings.sizes
    foveal = Foveal(settings.vocabulary_size, settings.threads, **sizes)
    print(foveal.describe_machine(settings.threads))
    rng = np.random.default_rng(0)
    pool = rng.permutation(settings.vocabulary_size)[:num_distinct]
    table = rng.choice(pool, (settings.vocabulary_size, num_candidates))
    shortlist = LexicalShortlist(table, pool[:NUM_FREQUENT])
    decoding = DecodingConfig(length_penalty=0.0, shortlist_size=num_candidates)
    config = replace(foveal.config, decoding=decoding)
    translators = [
        build_translator(foveal.config, foveal.codec, foveal.network),
        build_translator(config, foveal.codec, foveal.network, shortlist),
    ]
    rows = []
    for name, batch_size in product(("fast", "serving_default"), BATCH_SIZES):
        sentences = foveal.sentences(batch_size, settings.words)
        ids = [np.asarray(row) for row in foveal.codec.encode_rows(sentences)]
        count = count_candidates(shortlist, ids, batch_size)
        times = measure(translators, name, sentences)
        num_tokens = batch_size * (2 * (settings.words + 1) + 10)
        ratios = np.divide(times[0], times[1])
        speeds = [num_tokens / median(own) for own in times]
        rows.append([name, batch_size, count, *speeds, median(ratios), min(ratios), max(ratios)])
    headers = [
        "signature",
        "batch",
        "candidates",
        "whole vocabulary",
        "shortlist",
        "ratio",
        "lowest",
        "highest",
    ]
    print(tabulate(rows, headers, tablefmt="pipe", floatfmt=("", *[",.0f"] * 4, *[".2f"] * 3)))


if __name__ == "__main__":
    commands = {"candidates": candidates, "quality": quality, "throughput": throughput}
    tyro.extras.subcommand_cli_from_dict(commands)
