"""Pictures with captions, the codec learned from the captions, and their ids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...datasets import CaptionedImages, load_captioning
from ..text.codec import END, START, TextCodec
from ..training.batching import Sequences
from .config import DataConfig
from .horizontal_flip import swap_words
from .objectives.phrase_loss import gold_objects_of_tokens

TESTS = {"scenes": ("test", "test_compositions")}  # where there is more than one


class Written(NamedTuple):
    """A training caption: the place of its picture, its place among that picture's, its ids, and those that
    it has where the picture is seen in a mirror (else the same)."""

    picture: int
    place: int
    ids: np.ndarray
    original: np.ndarray


@dataclass(frozen=True)
class CaptioningData:
    """What training and evaluation need.

    examples: a picture with some of its captions each, the shortest first. Pictures count on behind the last
        one: there they stand in a mirror, see `WithFlips`.
    """

    codec: TextCodec
    examples: list[list[Written]]
    train: CaptionedImages
    validation: CaptionedImages
    tests: dict[str, CaptionedImages]

    def pictures(self) -> np.ndarray:
        """The place of each example's picture in `train`."""
        return np.array([example[0].picture for example in self.examples])

    def captions(self, captions_per_image: int) -> Sequences:
        """Ids of the examples as features `caption_0` and so on; where captions are missing, none."""
        none = np.array([], np.int32)
        return {
            f"caption_{place}": [e[place].ids if place < len(e) else none for e in self.examples]
            for place in range(captions_per_image)
        }

    def looks(self, captions_per_image: int, width: int) -> np.ndarray:
        """The objects that each piece should look at, as the gold phrases of `train` tell.

        Returns:
            `(examples, captions_per_image, width)` int32, objects as bits, see `gold_objects_of_tokens`.
        """
        if self.train.phrases is None:
            raise ValueError("expected data with gold phrases; received data without")
        looks = np.zeros((len(self.examples), captions_per_image, width), np.int32)
        rows = [one.original for example in self.examples for one in example]
        spans = iter(self.codec.row_byte_offsets(rows))
        for row, example in zip(looks, self.examples, strict=True):
            for place, one in enumerate(example):
                table = self.train.phrases[one.picture % len(self.train.phrases)]
                own = {name: column[table["caption"] == one.place] for name, column in table.items()}
                row[place, : len(one.ids)] = gold_objects_of_tokens(next(spans), own)
        return looks


def prepare(config: DataConfig, codec: TextCodec | None = None) -> CaptioningData:
    """Load every split, learn the pieces from the training captions, and turn those into ids.

    Args:
        config: which data.
        codec: of a model to go on from; nothing is learned then.

    Raises:
        FileNotFoundError: if the data set is neither here nor within reach.
        ValueError: if no training caption is short enough.
    """
    train, validation = load(config, "train"), load(config, "validation")
    tests = {name: load(config, name) for name in TESTS.get(config.data, ("test",))}
    owners = [
        (picture, place) for picture, texts in enumerate(train.references) for place in range(len(texts))
    ]
    texts = [plain(train.references[picture][place]) for picture, place in owners]
    codec = codec or TextCodec.learn(texts, config.vocabulary_size)
    rows = codec.rows(texts, first=[START], last=[END])
    written = [Written(*owner, ids, ids) for owner, ids in zip(owners, rows, strict=True)]
    kept = [one for one in written if len(one.ids) <= config.max_sequence_length]
    if not kept:
        raise ValueError(
            f"expected training captions of at most max_pieces={config.max_sequence_length} pieces; "
            f"received {len(written)} captions, all longer"
        )
    if config.mirror:
        kept = mirror(kept, codec, len(train))
    return CaptioningData(codec, group(kept, config.captions_per_image), train, validation, tests)


def load(config: DataConfig, split: str) -> CaptionedImages:
    """One split of the configured data."""
    folders = [folder and str(folder) for folder in (config.data_dir, config.manual_dir)]
    return load_captioning(config.data, split, *folders)


def plain(text: str) -> str:
    """A caption as it is learned: lower case, single blanks, none before a comma, no full stop at the end."""
    text = re.sub(r"\s+(?=[,;:.!?]|$)", "", " ".join(text.lower().split()))
    return re.sub(r"[\s.]+$", "", text)


def group(captions: Sequence[Written], captions_per_image: int) -> list[list[Written]]:
    """Captions of one picture side by side, at most `captions_per_image` of them, the shortest first."""
    groups: list[list[Written]] = []
    for one in captions:
        if not groups or groups[-1][0].picture != one.picture or len(groups[-1]) == captions_per_image:
            groups.append([])
        groups[-1].append(one)
    return [sorted(members, key=lambda one: len(one.ids)) for members in groups]


def mirror(captions: list[Written], codec: TextCodec, pictures: int) -> list[Written]:
    """The captions, and behind them those of the same pictures in a mirror: left is right.

    Raises:
        ValueError: if one of the two words is a piece and the other is none.
    """
    turned = swap_words(codec.vocabulary, "left", "right")
    return [
        *captions,
        *(Written(one.picture + pictures, one.place, turned[one.ids], one.ids) for one in captions),
    ]
