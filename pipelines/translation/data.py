"""Sentence pairs of the translation pipeline: splits, token ids and gold attention."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from ...datasets import ParallelText, load_translation
from ...focus import gold_from_links
from ...focus.records.spans import tokens_in_spans
from ..text.codec import END, START, TextCodec
from ..text.corpus import load_splits, normalize_texts, short_examples
from ..training.batching import Sequences
from ..training.losses import FROM_INPUT, FROM_SENTINEL, NO_GOLD
from .config import DataConfig, DatasetConfig

TEST_SPLITS = {"phrases": ("test", "test_compositions")}  # of data sets with more than one


@dataclass(frozen=True)
class TranslationData:
    """Data for training and evaluation, in memory.

    codec: tokenizer of both languages. languages: names of source and target, None where the data do not name
    them. train: token ids of the training split. train_text: its pairs. gold: gold attention of the
    training split, see `gold_attention`; None without supervision. validation, tests: sentence pairs.
    """

    codec: TextCodec
    languages: tuple[str, str] | None
    train: Sequences
    train_text: ParallelText
    gold: npt.NDArray[np.bool_] | None
    validation: ParallelText
    tests: dict[str, ParallelText]


def prepare(
    config: DataConfig, with_gold_attention: bool = False, codec: TextCodec | None = None
) -> TranslationData:
    """Load every split, train the tokenizer on the training split, and tokenize that split.

    Args:
        config: data set, vocabulary size and maximum sequence length.
        with_gold_attention: whether to compute gold attention from gold alignments.
        codec: tokenizer of the model of a warm start; no tokenizer is trained then.

    Returns:
        A `TranslationData`. Training pairs longer than `config.max_sequence_length` are left out.

    Raises:
        FileNotFoundError: if the data set is neither prepared nor reachable.
        ValueError: if every training pair is too long, or gold attention is required and the data have no
            gold alignments.
    """
    train, validation, tests = load_splits(partial(load_split, config), test_splits(config.data))
    codec = codec or TextCodec.train(train.source + train.target, config.vocabulary_size)
    pairs = encode_pairs(codec, train)
    lengths = np.array([[len(row) for row in rows] for rows in pairs.values()]).max(axis=0)
    indices = short_examples(lengths, config.max_sequence_length, "pairs")
    pairs = {side: [rows[index] for index in indices] for side, rows in pairs.items()}
    text = train.select(indices)
    gold = gold_attention(codec, pairs, text) if with_gold_attention else None
    return TranslationData(codec, train.languages, pairs, text, gold, validation, tests)


def test_splits(data: str) -> tuple[str, ...]:
    """Return the names of the test splits of a data set."""
    return TEST_SPLITS.get(data, ("test",))


def load_split(config: DatasetConfig, split: str) -> ParallelText:
    """Load one split of the configured data, with normal texts if `config.normalize`.

    Raises:
        FileNotFoundError: if the data set is neither prepared nor reachable.
    """
    pairs = load_translation(config.data, split, config.source, config.target, *config.folders)
    if not config.normalize:
        return pairs
    source, source_spans = normalize_texts(pairs.source, pairs.source_spans)
    target, target_spans = normalize_texts(pairs.target, pairs.target_spans)
    return ParallelText(source, target, pairs.alignment, source_spans, target_spans)


def encode_pairs(codec: TextCodec, pairs: ParallelText) -> Sequences:
    """Tokenize both sides: `source` ends with END; `target` starts with START and ends with END.

    Returns:
        For each side a list of 1-D int32 arrays.
    """
    return {
        "source": codec.encode_rows(pairs.source, suffix=[END]),
        "target": codec.encode_rows(pairs.target, prefix=[START], suffix=[END]),
    }


def gold_attention(codec: TextCodec, pairs: Sequences, text: ParallelText) -> npt.NDArray[np.bool_]:
    """Convert gold word alignments to gold attention between tokens.

    Args:
        codec: tokenizer of the ids.
        pairs: ids of both sides. The query at position `i` is the step that predicts token `i + 1` of the
            target.
        text: the same pairs, with gold alignments.

    Returns:
        `(pairs, T - 1, S)` booleans, with T and S the longest target and source.

    Raises:
        ValueError: if the pairs have no gold alignments.
    """
    if text.alignment is None or text.source_spans is None or text.target_spans is None:
        raise ValueError(
            "Supervised attention requires training pairs with gold alignments. Received: pairs without "
            "alignments. Set `attention_loss_weight=0` or use a data set with alignments, such as `phrases`."
        )
    target_length, source_length = (max(map(len, pairs[side])) for side in ("target", "source"))
    gold = np.zeros((len(text), target_length - 1, source_length), bool)
    offsets = (codec.row_byte_offsets(pairs[side]) for side in ("source", "target"))
    examples = zip(*offsets, text.alignment, text.source_spans, text.target_spans, strict=True)
    for row, (source, target, links, *word_spans) in zip(gold, examples, strict=True):
        row[: len(target) - 1, : len(source)] = gold_from_links(links, source, target[1:], *word_spans) > 0
    return gold


def gate_gold(codec: TextCodec, pairs: Sequences, text: ParallelText) -> npt.NDArray[np.int8]:
    """Return for each target token whether the source does not determine its word: it has no gold link.

    Args:
        codec, pairs, text: as in `gold_attention`.

    Returns:
        `(pairs, T - 1)`: `FROM_SENTINEL` for a token of a word without a link, `FROM_INPUT` for a token of a
        linked word, `NO_GOLD` for END and padding.

    Raises:
        ValueError: if the pairs have no gold alignments.
    """
    if text.alignment is None or text.target_spans is None:
        raise ValueError(
            "`gate_loss_weight` must be 0 for training pairs without gold alignments. Received: pairs "
            "without alignments. Use a data set with alignments, such as `phrases`."
        )
    target = pairs["target"]
    gold = np.full((len(text), max(map(len, target)) - 1), NO_GOLD, np.int8)
    examples = zip(codec.row_byte_offsets(target), text.alignment, text.target_spans, strict=True)
    for row, (offsets, links, spans) in zip(gold, examples, strict=True):
        linked = spans[np.unique(np.asarray(links).reshape(-1, 2)[:, 1])]
        is_linked = tokens_in_spans(linked, offsets[1:-1])
        row[: len(offsets) - 2] = np.where(is_linked, FROM_INPUT, FROM_SENTINEL)
    return gold
