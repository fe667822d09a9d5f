"""Labelled texts, the codec learned from them, and their ids."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from ...datasets import LabelledText, load_sentiment
from ..text.codec import TextCodec
from ..training.batching import Sequences
from .config import DataConfig
from .rationales import gold_attention
from .reading import read

TESTS = {"reviews": ("test", "test_compositions")}  # where there is more than one
LEARNED_FROM = 2_000_000  # characters; learning from more takes minutes, and its pieces are hardly better
BATCH = 1000  # texts that are turned into ids at once


@dataclass(frozen=True)
class SentimentData:
    """What training and evaluation need, in memory; of the training split the ids and labels, and what is to
    be looked at where training is guided by it: see `gold_attention`."""

    codec: TextCodec
    classes: list[str]
    train: Sequences
    labels: np.ndarray
    gold: np.ndarray | None
    validation: LabelledText
    tests: dict[str, LabelledText]


def prepare(config: DataConfig, guided: bool = False, codec: TextCodec | None = None) -> SentimentData:
    """Load every split, learn the pieces from the training split, and turn that into ids.

    Args:
        config: which data.
        guided: whether gold rationales are wanted too.
        codec: of a model to go on from; nothing is learned then.

    Raises:
        FileNotFoundError: if the data set is neither here nor within reach.
        ValueError: if labels are missing, out of range, or all the same; or gold is wanted and there is none.
    """
    train, validation = load(config, "train"), load(config, "validation")
    if len(np.unique(train.label)) < 2:
        only = train.classes[train.label[0]]
        raise ValueError(
            f"expected training texts of at least two classes; received {len(train):,}, all {only!r}"
        )
    tests = {name: load(config, name) for name in TESTS.get(config.data, ("test",))}
    codec = codec or TextCodec.learn(_sample(train.text, config), config.vocabulary_size)
    ids = encode(codec, train.text, config)
    labels = train.label.astype(np.int32)
    gold = gold_attention(codec, ids, train) if guided else None
    return SentimentData(codec, train.classes, {"text": ids}, labels, gold, validation, tests)


def encode(codec: TextCodec, texts: list[str], config: DataConfig) -> list[np.ndarray]:
    """The ids of each text, as the model reads it."""
    rows: list[np.ndarray] = []
    for start in range(0, len(texts), BATCH):
        ids = read(codec, tf.constant(texts[start : start + BATCH]), config)
        rows += np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
    return rows


def load(config: DataConfig, split: str) -> LabelledText:
    """One split of the configured data.

    Raises:
        ValueError: if a label is no number of a class.
    """
    folders = [folder and str(folder) for folder in (config.data_dir, config.manual_dir)]
    loaded = load_sentiment(config.data, split, *folders)
    wrong = loaded.label[(loaded.label < 0) | (loaded.label >= len(loaded.classes))]
    if len(wrong):
        raise ValueError(
            f"expected labels from 0 to {len(loaded.classes) - 1}, the number of classes less one; "
            f"received {wrong[0]} in split {split!r} of {config.data}"
        )
    return loaded


def _sample(texts: list[str], config: DataConfig) -> list[bytes]:
    """Texts evenly spread over all, at most `LEARNED_FROM` characters, in the case they are read in."""
    step = -(-sum(map(len, texts)) // LEARNED_FROM)
    chosen = tf.constant(texts[::step])
    return list((tf.strings.lower(chosen) if config.lowercase else chosen).numpy())
