"""Sentence pairs, the codec learned from them, and their ids."""

from dataclasses import dataclass

import numpy as np

from ...datasets import ParallelText, load_translation
from ..text.codec import END, START, TextCodec
from ..training.batching import Sequences
from .config import DataConfig
from .links import gold_attention

TESTS = {"phrases": ("test", "test_compositions")}  # where there is more than one


@dataclass(frozen=True)
class TranslationData:
    """What training and evaluation need, in memory; of the training split the ids, and what each piece is to
    look at where training is guided by it: see `gold_attention`."""

    codec: TextCodec
    train: Sequences
    gold: np.ndarray | None
    validation: ParallelText
    tests: dict[str, ParallelText]


def prepare(config: DataConfig, guided: bool = False, codec: TextCodec | None = None) -> TranslationData:
    """Load every split, learn the pieces from the training split, and turn that into ids.

    Args:
        config: which data.
        guided: whether gold alignments are wanted too.
        codec: of a model to go on from; nothing is learned then.

    Raises:
        FileNotFoundError: if the data set is neither here nor within reach.
        ValueError: if no training pair is short enough, or gold is wanted and there is none.
    """
    train, validation = load(config, "train"), load(config, "validation")
    tests = {name: load(config, name) for name in TESTS.get(config.data, ("test",))}
    codec = codec or TextCodec.learn(train.source + train.target, config.vocabulary_size)
    pairs = encode_pairs(codec, train)
    both = zip(pairs["source"], pairs["target"], strict=True)
    kept = [max(len(source), len(target)) <= config.max_sequence_length for source, target in both]
    if not any(kept):
        raise ValueError(
            f"expected training pairs of at most max_pieces={config.max_sequence_length} pieces; "
            f"received {len(kept)} pairs, all longer"
        )
    places = np.flatnonzero(kept)
    pairs = {side: [ids[place] for place in places] for side, ids in pairs.items()}
    gold = gold_attention(codec, pairs, train.select(places)) if guided else None
    return TranslationData(codec, pairs, gold, validation, tests)


def encode_pairs(codec: TextCodec, pairs: ParallelText) -> Sequences:
    """Ids of both sides: the source ends with END; the target starts with START and ends with END."""
    return {
        "source": codec.rows(pairs.source, last=[END]),
        "target": codec.rows(pairs.target, first=[START], last=[END]),
    }


def load(config: DataConfig, split: str) -> ParallelText:
    """One split of the configured data."""
    folders = [folder and str(folder) for folder in (config.data_dir, config.manual_dir)]
    return load_translation(config.data, split, config.source, config.target, *folders)
