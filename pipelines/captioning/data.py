"""Training and evaluation data of the captioner: images, captions, the learned codec, token ids."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from ...datasets import CaptionedImages, load_captioning
from ...datasets.captioning import AnnotationTable
from ...datasets.scenes.caption_facts import caption_facts
from ...focus.records.spans import tokens_in_spans
from ..text.codec import END, START, TextCodec
from ..text.corpus import load_splits, normalize_texts, short_examples
from ..training.batching import Sequences
from ..training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD
from .caption_flip import flip_caption, flip_offsets, is_english
from .config import DataConfig, DatasetConfig
from .image_checks import check_images
from .objectives.phrase_loss import gold_objects_of_tokens

TEST_SPLITS = {"scenes": ("test", "test_compositions")}  # data sets with more than one test split


class EncodedCaption(NamedTuple):
    """Token ids of one training caption.

    image_index: index of the image; beyond the last one, of its flip, see `WithFlips`.
    caption_index: index of the caption among those of its image.
    ids: `(tokens,)`.
    """

    image_index: int
    caption_index: int
    ids: np.ndarray


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
        rows = [caption.ids for example in self.examples for caption in example]
        offsets = iter(self.codec.row_byte_offsets(rows))
        for row, example in zip(objects, self.examples, strict=True):
            for index, caption in enumerate(example):
                is_flip, image = divmod(caption.image_index, len(self.train.phrases))
                table = self.train.phrases[image]
                is_own = table["caption"] == caption.caption_index
                phrases = {name: column[is_own] for name, column in table.items()}
                if is_flip:
                    text = self.train.references[image][caption.caption_index]
                    phrases |= {name: flip_offsets(text, phrases[name]) for name in ("start", "end")}
                row[index, : len(caption.ids)] = gold_objects_of_tokens(next(offsets), phrases)
        return objects

    def gate_gold(self, captions_per_image: int, max_sequence_length: int) -> np.ndarray:
        """Return for each token whether the image does not determine its word, as in captions of `scenes`.

        Returns:
            `(examples, captions_per_image, max_sequence_length)` int8: `FROM_INPUT` for a token of a word
            that states a fact, `FROM_SENTINEL` for one of another word, `NO_GOLD` for the others.
        """
        gold = np.full((len(self.examples), captions_per_image, max_sequence_length), NO_GOLD, np.int8)
        rows = [caption.ids for example in self.examples for caption in example]
        offsets = iter(self.codec.row_byte_offsets(rows))
        texts = iter(self.codec.decode(tf.ragged.constant(rows)).numpy())
        for row, example in zip(gold, self.examples, strict=True):
            for index, caption in enumerate(example):
                is_sentinel = sentinel_tokens(next(texts).decode(), next(offsets))
                if is_sentinel is not None:
                    gold_of_words = np.where(is_sentinel, FROM_SENTINEL, FROM_INPUT)[1:-1]  # no START, no END
                    row[index, 1 : len(caption.ids) - 1] = gold_of_words
        return gold


def sentinel_tokens(caption: str, offsets: np.ndarray) -> np.ndarray | None:
    """Return which tokens of a caption of `scenes` the image does not determine, see `caption_facts`.

    Args:
        caption: the caption.
        offsets: `(tokens, 2)`, first and last byte of each token.

    Returns:
        `(tokens,)` booleans; None if the caption cannot be parsed.
    """
    facts = caption_facts(caption)
    if facts is None:
        return None
    return ~tokens_in_spans([(fact.start, fact.end) for fact in facts], offsets)


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
    captions = [EncodedCaption(*source, ids) for source, ids in zip(sources, rows, strict=True)]
    lengths = np.array([len(ids) for ids in rows])
    short = [captions[index] for index in short_examples(lengths, config.max_sequence_length, "captions")]
    if config.horizontal_flip and is_english(texts):
        short += flipped_captions(short, codec, train.references, config.max_sequence_length)
    elif config.horizontal_flip:
        print("no horizontal flips: the captions are not recognized as English")
    return CaptioningData(codec, group_by_image(short, config.captions_per_image), train, validation, tests)


def test_splits(data: str) -> tuple[str, ...]:
    """Return the names of the test splits of a data set."""
    return TEST_SPLITS.get(data, ("test",))


def load_split(config: DatasetConfig, split: str) -> CaptionedImages:
    """Load one split of the configured data, with normal references if `config.normalize`."""
    images = load_captioning(config.data, split, *config.folders)
    return normalize_references(images) if config.normalize else images


def normalize_references(images: CaptionedImages) -> CaptionedImages:
    """Normalize the references, see `normalize`, and convert the bytes of their phrases."""
    captions = [(i, caption) for i, texts in enumerate(images.references) for caption in range(len(texts))]
    texts = [images.references[image][caption] for image, caption in captions]
    spans = None if images.phrases is None else [_phrase_spans(images.phrases[i], c) for i, c in captions]
    texts, spans = normalize_texts(texts, spans)
    remaining = iter(texts)
    references = [[next(remaining) for _ in captions] for captions in images.references]
    if images.phrases is None or spans is None:
        return replace(images, references=references)
    phrases = [table | {side: table[side].copy() for side in ("start", "end")} for table in images.phrases]
    for (image, caption), of_caption in zip(captions, spans, strict=True):
        table = phrases[image]
        is_own = table["caption"] == caption
        table["start"][is_own], table["end"][is_own] = of_caption.T
    return replace(images, references=references, phrases=phrases)


def _phrase_spans(table: AnnotationTable, caption: int) -> np.ndarray:
    """Return the bytes of the phrases of one caption, `(phrases, 2)`."""
    return np.stack([table["start"], table["end"]], axis=-1)[table["caption"] == caption]


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


def flipped_captions(
    captions: Sequence[EncodedCaption],
    codec: TextCodec,
    references: Sequence[Sequence[str]],
    max_sequence_length: int,
) -> list[EncodedCaption]:
    """Encode the captions of the flipped images, without those that have no flip, see `flip_caption`.

    Args:
        captions: the captions of the images.
        codec: text to ids.
        references: the texts of the captions of each image.
        max_sequence_length: largest number of tokens of a caption.
    """
    sources: list[tuple[int, int]] = []
    texts: list[str] = []
    for image_index, caption_index, _ in captions:
        text = flip_caption(normalize_caption(references[image_index][caption_index]))
        if text is not None:
            sources.append((image_index + len(references), caption_index))
            texts.append(text)
    rows = codec.encode_rows(texts, prefix=[START], suffix=[END])
    flipped = [EncodedCaption(*source, ids) for source, ids in zip(sources, rows, strict=True)]
    return [caption for caption in flipped if len(caption.ids) <= max_sequence_length]
