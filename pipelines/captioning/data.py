"""Training and evaluation data of the captioner: images, captions, the learned codec, token ids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from ...datasets import CaptionedImages, load_captioning
from ..text.codec import END, START, TextCodec
from ..text.corpus import load_splits, short_examples
from ..training.batching import Sequences
from .config import DataConfig, DatasetConfig
from .horizontal_flip import swap_words
from .image_checks import check_images
from .objectives.phrase_loss import gold_objects_of_tokens

TEST_SPLITS = {"scenes": ("test", "test_compositions")}  # data sets with more than one test split


class EncodedCaption(NamedTuple):
    """Token ids of one training caption.

    image_index: index of the image; beyond the last one, of its flip, see `WithFlips`.
    caption_index: index of the caption among those of its image.
    ids: `(tokens,)`.
    unflipped_ids: `(tokens,)`, the ids before `left` and `right` are swapped; `ids` without a flip.
    """

    image_index: int
    caption_index: int
    ids: np.ndarray
    unflipped_ids: np.ndarray


@dataclass(frozen=True)
class CaptioningData:
    """Splits, codec and training examples of the captioner.

    codec: text to ids and back.
    examples: each an image with some of its captions, the shortest first.
    train, validation: those splits.
    tests: the test splits by name.
    """

    codec: TextCodec
    examples: list[list[EncodedCaption]]
    train: CaptionedImages
    validation: CaptionedImages
    tests: dict[str, CaptionedImages]

    def image_indices(self) -> np.ndarray:
        """Return the index of each example's image, `(examples,)`."""
        return np.array([example[0].image_index for example in self.examples])

    def caption_columns(self, captions_per_image: int) -> Sequences:
        """Return the ids of the examples as features `caption_0`, `caption_1`, ...; missing are empty."""
        empty = np.array([], np.int32)
        return {
            f"caption_{index}": [e[index].ids if index < len(e) else empty for e in self.examples]
            for index in range(captions_per_image)
        }

    def gold_objects(self, captions_per_image: int, max_sequence_length: int) -> np.ndarray:
        """Return the objects that each token names, from the gold phrases of `train`.

        Returns:
            `(examples, captions_per_image, max_sequence_length)` int32, objects as bits, see
            `gold_objects_of_tokens`.

        Raises:
            ValueError: if the data have no gold phrases.
        """
        if self.train.phrases is None:
            raise ValueError("`train` must have gold phrases. Received: phrases=None")
        objects = np.zeros((len(self.examples), captions_per_image, max_sequence_length), np.int32)
        rows = [caption.unflipped_ids for example in self.examples for caption in example]
        offsets = iter(self.codec.row_byte_offsets(rows))
        for row, example in zip(objects, self.examples, strict=True):
            for index, caption in enumerate(example):
                table = self.train.phrases[caption.image_index % len(self.train.phrases)]
                is_own = table["caption"] == caption.caption_index
                phrases = {name: column[is_own] for name, column in table.items()}
                row[index, : len(caption.ids)] = gold_objects_of_tokens(next(offsets), phrases)
        return objects


def prepare(config: DataConfig, codec: TextCodec | None = None) -> CaptioningData:
    """Load every split, train the codec on the training captions and encode them.

    Args:
        config: the data configuration.
        codec: codec of a warm start; None trains a new one.

    Raises:
        FileNotFoundError: if the data set is neither prepared nor reachable.
        ValueError: if every training caption is longer than `max_sequence_length`, or an image file of a test
            split cannot be decoded.
    """
    train, validation, tests = load_splits(partial(load_split, config), test_splits(config.data))
    for split in tests.values():
        if split.names:  # files of the user; those of the other splits are checked when they are cached
            check_images(split)
    sources = [
        (image_index, caption_index)
        for image_index, texts in enumerate(train.references)
        for caption_index in range(len(texts))
    ]
    texts = [normalize_caption(train.references[image][caption]) for image, caption in sources]
    codec = codec or TextCodec.train(texts, config.vocabulary_size)
    rows = codec.encode_rows(texts, prefix=[START], suffix=[END])
    captions = [EncodedCaption(*source, ids, ids) for source, ids in zip(sources, rows, strict=True)]
    lengths = np.array([len(ids) for ids in rows])
    short = [captions[index] for index in short_examples(lengths, config.max_sequence_length, "captions")]
    if config.horizontal_flip:
        short = add_flipped_captions(short, codec, len(train))
    return CaptioningData(codec, group_by_image(short, config.captions_per_image), train, validation, tests)


def test_splits(data: str) -> tuple[str, ...]:
    """Return the names of the test splits of a data set."""
    return TEST_SPLITS.get(data, ("test",))


def load_split(config: DatasetConfig, split: str) -> CaptionedImages:
    """Load one split of the configured data."""
    return load_captioning(config.data, split, *config.folders)


def normalize_caption(text: str) -> str:
    """Normalize a caption: lower case, single spaces, none before punctuation, no final full stop."""
    text = re.sub(r"\s+(?=[,;:.!?]|$)", "", " ".join(text.lower().split()))
    return re.sub(r"[\s.]+$", "", text)


def group_by_image(captions: Sequence[EncodedCaption], captions_per_image: int) -> list[list[EncodedCaption]]:
    """Group consecutive captions of one image, at most `captions_per_image` a group, the shortest first."""
    groups: list[list[EncodedCaption]] = []
    for caption in captions:
        is_full = bool(groups) and len(groups[-1]) == captions_per_image
        if not groups or groups[-1][0].image_index != caption.image_index or is_full:
            groups.append([])
        groups[-1].append(caption)
    return [sorted(group, key=lambda caption: len(caption.ids)) for group in groups]


def add_flipped_captions(
    captions: list[EncodedCaption], codec: TextCodec, num_images: int
) -> list[EncodedCaption]:
    """Append the captions of the flipped images, with `left` and `right` swapped.

    Raises:
        ValueError: if only one of the two words is a token of the codec.
    """
    swapped = swap_words(codec.vocabulary, "left", "right")
    flipped = [
        EncodedCaption(
            caption.image_index + num_images, caption.caption_index, swapped[caption.ids], caption.ids
        )
        for caption in captions
    ]
    return [*captions, *flipped]
