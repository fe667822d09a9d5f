"""Labelled texts of the sentiment pipeline: splits, token ids, labels and gold rationales."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ...datasets import LabelledText, load_sentiment
from ..text.codec import TextCodec
from ..text.corpus import load_splits, normalize_texts
from ..training.batching import Sequences
from .config import DataConfig, DatasetConfig

TEST_SPLITS = {"reviews": ("test", "test_compositions")}  # of data sets with more than one
SAMPLE_SIZE = 2_000_000  # characters; a tokenizer of a larger sample takes minutes and is hardly better
BATCH_SIZE = 1000  # texts that are tokenized at once


@dataclass(frozen=True)
class SentimentData:
    """Data for training and evaluation, in memory.

    codec: tokenizer. classes: their names. train: token ids of the training split. labels: `(texts,)`, of the
    training split. gold: gold attention of the training split, see `gold_attention`; None without
    supervision. validation, tests: labelled texts.
    """

    codec: TextCodec
    classes: list[str]
    train: Sequences
    labels: npt.NDArray[np.int32]
    gold: npt.NDArray[np.bool_] | None
    validation: LabelledText
    tests: dict[str, LabelledText]


def prepare(
    config: DataConfig, with_gold_attention: bool = False, codec: TextCodec | None = None
) -> SentimentData:
    """Load every split, train the tokenizer on the training split, and tokenize that split.

    Args:
        config: data set, vocabulary size, maximum sequence length and case.
        with_gold_attention: whether to compute gold attention from gold rationales.
        codec: tokenizer of the model of a warm start; no tokenizer is trained then.

    Raises:
        FileNotFoundError: if the data set is neither prepared nor reachable.
        ValueError: if labels are missing, out of range, or all the same; or gold attention is required and
            the data have no gold rationales.
    """
    train, validation, tests = load_splits(partial(load_split, config), test_splits(config.data))
    if len(np.unique(train.label)) < 2:
        raise ValueError(
            f"`data` must have training texts of at least two classes. Received: data={config.data!r}, with "
            f"{len(train):,} texts of class {train.classes[train.label[0]]!r}."
        )
    single = [
        name for name, count in zip(train.classes, np.bincount(train.label), strict=False) if count == 1
    ]
    if single:
        print(
            f"warning: only one training text of {', '.join(map(repr, single))}: a misspelling, a header (see"
            " --label-column), or too few texts"
        )
    codec = codec or TextCodec.train(_sample(train.text, config.lowercase), config.vocabulary_size)
    ids = encode(codec, train.text, config.max_sequence_length, config.lowercase)
    labels = train.label.astype(np.int32)
    gold = gold_attention(codec, ids, train) if with_gold_attention else None
    return SentimentData(codec, train.classes, {"text": ids}, labels, gold, validation, tests)


def test_splits(data: str) -> tuple[str, ...]:
    """Return the names of the test splits of a data set."""
    return TEST_SPLITS.get(data, ("test",))


def load_split(config: DatasetConfig, split: str) -> LabelledText:
    """Load one split of the configured data, with normal texts if `config.normalize`.

    Raises:
        FileNotFoundError: if the data set is neither prepared nor reachable.
        ValueError: if a label is not the index of a class.
    """
    texts = load_sentiment(config.data, split, *config.folders, config.text_column, config.label_column)
    invalid = texts.label[(texts.label < 0) | (texts.label >= len(texts.classes))]
    if len(invalid):
        raise ValueError(
            f"Labels must be from 0 to {len(texts.classes) - 1}, the indices of the classes. "
            f"Received: label {invalid[0]} in split {split!r} of {config.data}."
        )
    if not config.normalize:
        return texts
    columns = normalize_texts(texts.text, texts.rationales, texts.sentences)
    return replace(texts, **dict(zip(("text", "rationales", "sentences"), columns, strict=True)))


def tokenize(
    codec: TextCodec, texts: tf.Tensor, max_sequence_length: int, lowercase: bool
) -> tf.RaggedTensor:
    """Tokenize and truncate texts, in training and at inference.

    Args:
        codec: tokenizer.
        texts: `(batch,)` strings.
        max_sequence_length: maximum tokens of a text.
        lowercase: whether to convert A to Z to a to z. Other letters keep their case, so that every token
            keeps its byte offsets.

    Returns:
        `(batch, tokens)` int32 ids.
    """
    # No token that is kept depends on a later byte, so a long text costs no more than a short one.
    texts = tf.strings.substr(texts, 0, (max_sequence_length + 2) * codec.max_token_bytes)
    if lowercase:
        texts = tf.strings.lower(texts)
    return codec.encode(texts)[:, :max_sequence_length]


def encode(
    codec: TextCodec, texts: Sequence[str], max_sequence_length: int, lowercase: bool
) -> list[npt.NDArray[np.int32]]:
    """Tokenize texts in batches, see `tokenize`; returns a 1-D array for each text."""
    rows: list[npt.NDArray[np.int32]] = []
    for start in range(0, len(texts), BATCH_SIZE):
        batch = tf.constant(texts[start : start + BATCH_SIZE])
        ids = tokenize(codec, batch, max_sequence_length, lowercase)
        rows += np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
    return rows


def gold_attention(
    codec: TextCodec, rows: Sequence[npt.NDArray[np.int32]], texts: LabelledText
) -> npt.NDArray[np.bool_]:
    """Convert gold rationales to gold attention over tokens.

    Args:
        codec: tokenizer of the ids.
        rows: ids of each text, truncated.
        texts: the same texts, with gold rationales.

    Returns:
        `(texts, 1, T)` booleans for the one query of the pooling attention, with T the longest text. All are
        False for a text without a rationale, or with none before the truncation.

    Raises:
        ValueError: if the texts have no gold rationales.
    """
    if texts.rationales is None:
        raise ValueError(
            "Supervised attention requires training texts with gold rationales. Received: texts without "
            "rationales. Set `attention_loss_weight=0` or use a data set with rationales, such as `reviews`."
        )
    gold = np.zeros((len(rows), 1, max(map(len, rows))), bool)
    examples = zip(gold[:, 0], codec.row_byte_offsets(rows), texts.rationales, strict=True)
    for row, offsets, spans in examples:
        starts, ends = offsets.T
        for start, end in spans:
            row[: len(offsets)] |= (starts < end) & (ends > start) & (starts < ends)
    return gold


def _sample(texts: Sequence[str], lowercase: bool) -> list[bytes]:
    """Select texts at equal distances, at most `SAMPLE_SIZE` characters, to train the tokenizer."""
    step = -(-sum(map(len, texts)) // SAMPLE_SIZE)
    sample = tf.constant(texts[::step])
    return list((tf.strings.lower(sample) if lowercase else sample).numpy())
