"""Sentence pairs, the codec learned from them, and their ids."""

from dataclasses import dataclass

from ...datasets import ParallelText, load_translation
from ..batching import Sequences
from ..text import END, START, TextCodec
from .config import DataConfig

TESTS = {"phrases": ("test", "test_compositions")}  # where there is more than one


@dataclass(frozen=True)
class TranslationData:
    """What training and evaluation need, in memory; of the training split the ids."""

    codec: TextCodec
    train: Sequences
    validation: ParallelText
    tests: dict[str, ParallelText]


def prepare(config: DataConfig) -> TranslationData:
    """Load every split, learn the pieces from the training split, and turn that into ids.

    Raises:
        FileNotFoundError: if the data set is neither here nor within reach.
        ValueError: if no training pair is short enough.
    """
    train, validation = load(config, "train"), load(config, "validation")
    tests = {name: load(config, name) for name in TESTS.get(config.data, ("test",))}
    codec = TextCodec.learn(train.source + train.target, config.vocabulary_size)
    pairs = encode_pairs(codec, train)
    both = zip(pairs["source"], pairs["target"], strict=True)
    kept = [max(len(source), len(target)) <= config.max_pieces for source, target in both]
    if not any(kept):
        raise ValueError(
            f"expected training pairs of at most max_pieces={config.max_pieces} pieces; "
            f"received {len(kept)} pairs, all longer"
        )
    for side, ids in pairs.items():
        pairs[side] = [row for row, keep in zip(ids, kept, strict=True) if keep]
    return TranslationData(codec, pairs, validation, tests)


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
