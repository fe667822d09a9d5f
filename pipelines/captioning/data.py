"""Pictures with captions, the codec learned from the captions, and their ids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...datasets import CaptionedImages, load_captioning
from ..batching import Sequences
from ..text import END, START, TextCodec
from .config import DataConfig

TESTS = {"scenes": ("test", "test_compositions")}  # where there is more than one


@dataclass(frozen=True)
class CaptioningData:
    """What training and evaluation need.

    examples: ids of the training captions, as features `caption_0`, `caption_1`, ...: an example is a
        picture with that many of its captions, the shortest first; where it has fewer, the rest are empty.
    pictures: `(examples,)`, the place of each example's picture in `train`.
    """

    codec: TextCodec
    examples: Sequences
    pictures: np.ndarray
    train: CaptionedImages
    validation: CaptionedImages
    tests: dict[str, CaptionedImages]


def prepare(config: DataConfig) -> CaptioningData:
    """Load every split, learn the pieces from the training captions, and turn those into ids.

    Raises:
        FileNotFoundError: if the data set is neither here nor within reach.
        ValueError: if no training caption is short enough.
    """
    train, validation = load(config, "train"), load(config, "validation")
    tests = {name: load(config, name) for name in TESTS.get(config.data, ("test",))}
    texts = [plain(text) for captions in train.references for text in captions]
    codec = TextCodec.learn(texts, config.vocabulary_size)
    owners = [place for place, captions in enumerate(train.references) for _ in captions]
    ids = codec.rows(texts, first=[START], last=[END])
    kept = [(owner, row) for owner, row in zip(owners, ids, strict=True) if len(row) <= config.max_pieces]
    if not kept:
        raise ValueError(
            f"expected training captions of at most max_pieces={config.max_pieces} pieces; "
            f"received {len(ids)} captions, all longer"
        )
    pictures, examples = group(kept, config.together)
    return CaptioningData(codec, examples, pictures, train, validation, tests)


def load(config: DataConfig, split: str) -> CaptionedImages:
    """One split of the configured data."""
    folders = [folder and str(folder) for folder in (config.data_dir, config.manual_dir)]
    return load_captioning(config.data, split, *folders)


def plain(text: str) -> str:
    """A caption as it is learned: lower case, single blanks, none before a comma, no full stop at the end."""
    text = re.sub(r"\s+(?=[,;:.!?]|$)", "", " ".join(text.lower().split()))
    return re.sub(r"[\s.]+$", "", text)


def group(captions: Sequence[tuple[int, np.ndarray]], together: int) -> tuple[np.ndarray, Sequences]:
    """Captions of one picture side by side, at most `together` of them, the shortest first.

    Args:
        captions: the place of the picture and the ids of each caption, picture by picture.
        together: how many make an example.

    Returns:
        The picture of each example, and the examples: features `caption_0` to the last.
    """
    groups: list[tuple[int, list[np.ndarray]]] = []
    for picture, ids in captions:
        if not groups or groups[-1][0] != picture or len(groups[-1][1]) == together:
            groups.append((picture, []))
        groups[-1][1].append(ids)
    none = np.array([], np.int32)
    ordered = [sorted(rows, key=len) + [none] * (together - len(rows)) for _, rows in groups]
    features = {f"caption_{place}": [rows[place] for rows in ordered] for place in range(together)}
    return np.array([picture for picture, _ in groups]), features
