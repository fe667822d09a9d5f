"""Training of a WordPiece vocabulary (Wu et al. 2016)."""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import regex
import tensorflow as tf

from .scripts import HAN, KANA, UNSPACED
from .word_splitting import MAX_WORD_CHARACTERS, split_words
from .wordpiece import SUFFIX_INDICATOR

LEARNABLE = r"[^\pC\p{Zl}\p{Zp}]+"  # a token is a line of a file: no line breaks, no control characters
RARE = "\0"  # stands for characters that the vocabulary has no room for; no learnable word contains it
CHARACTER_COVERAGE = 0.9995  # of the texts, where not all characters fit (Kudo and Richardson 2018)
MIN_COUNT = 10  # the trainer drops words with fewer occurrences
# Runs of letters without spaces are cut to about the length of a word: the trainer counts all substrings.
PIECE = regex.compile(
    rf"(?P<unspaced> ?(?:[{HAN}{KANA}]{{1,4}}|[{UNSPACED}]{{1,6}}))|[^{HAN}{KANA}{UNSPACED}]+"
)
MAX_UNSPACED_PIECES = 15_000  # the most frequent ones, which bounds the duration
BATCH_SIZE = 1000


def train_vocabulary(
    texts: Sequence[str | bytes], vocabulary_size: int, reserved_tokens: Sequence[str]
) -> list[str]:
    """Train a vocabulary that contains every character of the texts, or the most frequent ones.

    A character takes two tokens, one for the start of a word and one for its continuation. Where not all
    characters fit, only the most frequent ones have tokens: those that cover 99.95 % of the texts, and at
    most one for every three tokens, so that there is room for longer tokens.

    Where words have no spaces between them, tokens have at most 4 ideographs or kana, or 6 letters of Thai,
    Lao, Khmer and the like, and are learned from the most frequent of such parts of the texts.

    Args:
        texts: training texts.
        vocabulary_size: largest number of tokens, reserved tokens included.
        reserved_tokens: the first tokens of the vocabulary.

    Returns:
        The tokens, at most `vocabulary_size`.

    Example:
        >>> train_vocabulary(["a rose", "a rose"], 20, ["[PAD]"])
        ['[PAD]', ' ', 'a', 'e', 'o', 'r', 's', ' a', ' rose', '## ', '##a', '##e', '##o', '##r', '##s']
    """
    # Imported here: it takes seconds, and only training needs it.
    from tensorflow_text.tools.wordpiece_vocab import wordpiece_tokenizer_learner_lib as learner

    batches = tf.data.Dataset.from_tensor_slices(texts).batch(BATCH_SIZE)
    word_counts = learner.count_words(batches.map(_learnable_words))
    characters = _characters(word_counts, vocabulary_size - len(reserved_tokens))
    vocabulary = learner.learn(
        _replace_rare_characters(_cut_unspaced_words(word_counts), characters),
        vocab_size=vocabulary_size,
        reserved_tokens=list(reserved_tokens),
        max_token_length=MAX_WORD_CHARACTERS,
        max_unique_chars=len(characters) + len(RARE),
        joiner=SUFFIX_INDICATOR,
    )
    vocabulary = [token for token in vocabulary if RARE not in token]
    return _truncate(vocabulary, vocabulary_size, len(reserved_tokens))


def _learnable_words(texts: tf.Tensor) -> tf.Tensor:
    """Split texts into the words that can be lines of a vocabulary file, `(words,)`."""
    valid = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="ignore")
    words = split_words(valid).values
    return tf.boolean_mask(words, tf.strings.regex_full_match(words, LEARNABLE))


def _characters(word_counts: Mapping[str, int], num_tokens: int) -> set[str]:
    """Select the characters of the vocabulary: all, or the most frequent ones where not all fit."""
    counts: Counter[str] = Counter()
    for word, count in word_counts.items():
        for character in word:
            counts[character] += count
    ranked = sorted(counts, key=lambda character: (-counts[character], character))
    if 2 * len(ranked) <= num_tokens:
        return set(ranked)
    covered = np.cumsum([counts[character] for character in ranked]) / counts.total()
    num_covered = int(np.searchsorted(covered, CHARACTER_COVERAGE)) + 1
    return set(ranked[: min(num_covered, num_tokens // 3)])


def _cut_unspaced_words(word_counts: Mapping[str, int]) -> Counter[str]:
    """Cut words of scripts without spaces; keep the most frequent pieces, and every character."""
    words: Counter[str] = Counter()
    pieces: Counter[str] = Counter()
    for word, count in word_counts.items():
        for match in PIECE.finditer(word):
            counts = pieces if match["unspaced"] else words
            counts[match[0]] += count
    words.update(dict(pieces.most_common(MAX_UNSPACED_PIECES)))
    missing = set("".join(pieces)) - set("".join(words))
    return words + Counter(dict.fromkeys(missing, 1))


def _replace_rare_characters(word_counts: Mapping[str, int], characters: set[str]) -> Counter[str]:
    """Replace all other characters of the words, so that the trainer does not drop the words."""
    counts: Counter[str] = Counter()
    for word, count in word_counts.items():
        word = "".join(character if character in characters else RARE for character in word)
        counts[word] += MIN_COUNT * count
    return counts


def _truncate(vocabulary: list[str], size: int, num_reserved: int) -> list[str]:
    """Remove the last tokens of more than one character."""
    tokens = vocabulary[num_reserved:]
    longer = [token for token in tokens if len(token.removeprefix(SUFFIX_INDICATOR)) > 1]
    excess = max(len(vocabulary) - size, 0)
    removed = set(longer[max(len(longer) - excess, 0) :])
    return [*vocabulary[:num_reserved], *(token for token in tokens if token not in removed)][:size]
