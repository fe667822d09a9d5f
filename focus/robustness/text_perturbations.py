"""Text perturbations: character noise, Unicode noise, word dropout, word swaps, distractor sentences.

Words are those of `word_offsets`. The same seed draws the same noise, and a higher severity includes the
noise of a lower one (distractors: it adds more sentences).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from ..records.word_segmentation import compile_pattern, join_words, word_axis
from .perturbation import Perturbation, Perturbed, check_severity

OTHER_SPACES = ["\n", "\r\n", "\t", "\u00a0", "\u2009", "\u2028", "\u3000", " \n ", "  ", " \u200b"]
INVISIBLE = ["\u00ad", "\u2060", "\ufeff"]  # soft hyphen, word joiner, byte order mark
LETTER = r"\X"  # with its combining marks
SENTENCE_END = r"\p{Sentence_Terminal}$"


def character_noise(text: str, severity: float, seed: int) -> Perturbed:
    """Swap, delete, duplicate or replace letters of a text (Belinkov and Bisk 2018).

    Args:
        text: any text.
        severity: fraction of the letters that change, from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` text. Words keep their positions: no word is lost or split, because a first letter is
        never deleted, and a word that would become several stays as it is.

    Raises:
        ValueError: if the severity is not from 0 to 1.

    Example:
        >>> character_noise("the cat sat", 0.3, seed=3).example
        'ahhe cta sat'

    Reference:
        Belinkov and Bisk 2018, Synthetic and Natural Noise Both Break Neural Machine Translation, on
        synthetic noise.
    """
    check_severity(severity)
    rng = np.random.default_rng(seed)
    words = word_axis(text)
    alphabet = sorted({letter for word in words.labels for letter in compile_pattern(LETTER).findall(word)})
    noisy = [_misspell(word, alphabet, severity, rng) for word in words.labels]
    return Perturbed(join_words(replace(words, labels=noisy), range(len(words))))


def unicode_noise(text: str, severity: float, seed: int) -> Perturbed:
    r"""Change how a text is encoded, but not how it reads.

    Spaces become line breaks, tabs, no-break or other Unicode spaces, or runs of them. In words, letters with
    marks are decomposed, or a character without width is inserted.

    Args:
        text: any text.
        severity: fraction of the spaces and of the words that change, from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` text. Words keep their positions.

    Raises:
        ValueError: if the severity is not from 0 to 1.

    Example:
        >>> unicode_noise("the cat sat", 0.5, seed=2).example
        'th\xade cat\tsat'

    Reference:
        Unicode Standard Annex #15, Unicode Normalization Forms.
    """
    check_severity(severity)
    rng = np.random.default_rng(seed)
    words, encoded = word_axis(text), text.encode()
    end, parts = 0, []
    for word, (start, next_end) in zip(words.labels, np.asarray(words.offsets, int), strict=True):
        space = encoded[end:start].decode()
        is_changed, position = rng.random(2) < severity, rng.random()
        other_space, character = rng.choice(OTHER_SPACES), rng.choice([*INVISIBLE, ""])
        parts.append(other_space if is_changed[0] and space.isspace() else space)
        parts.append(_encode_differently(word, position, character) if is_changed[1] else word)
        end = next_end
    return Perturbed("".join([*parts, encoded[end:].decode()]))


def word_dropout(text: str, severity: float, seed: int) -> Perturbed:
    """Delete words of a text at random, but never all of them (Iyyer et al. 2015).

    Args:
        text: any text.
        severity: fraction of the words that are deleted, from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` text, with the positions of the kept words.

    Raises:
        ValueError: if the severity is not from 0 to 1.

    Example:
        >>> text, kept = word_dropout("the cat sat on the mat", 0.5, seed=3)
        >>> text, kept.tolist()
        ('sat on', [[2, 0], [3, 1]])

    Reference:
        Iyyer et al. 2015, Deep Unordered Composition Rivals Syntactic Methods, on word dropout.
    """
    check_severity(severity)
    words = word_axis(text)
    draws = np.random.default_rng(seed).random(len(words))
    kept = np.flatnonzero((draws >= severity) | (draws == draws.max(initial=0)))
    return Perturbed(join_words(words, kept), _position_pairs(kept, np.arange(len(kept))))


def word_swaps(text: str, severity: float, seed: int) -> Perturbed:
    """Swap neighbouring words of a text (Sinha et al. 2021).

    Args:
        text: any text.
        severity: fraction of the neighbouring pairs that are swapped, from 0 to 1; adjoining swaps move a
            word further.
        seed: of the noise.

    Returns:
        A `Perturbed` text, with the new position of each word.

    Raises:
        ValueError: if the severity is not from 0 to 1.

    Example:
        >>> word_swaps("the cat sat", 1.0, seed=0).example
        'cat sat the'

    Reference:
        Sinha et al. 2021, Masked Language Modeling and the Distributional Hypothesis, on word order.
    """
    check_severity(severity)
    words = word_axis(text)
    order = list(range(len(words)))
    draws = np.random.default_rng(seed).random(max(len(words) - 1, 0))
    for position in np.flatnonzero(draws < severity):
        order[position], order[position + 1] = order[position + 1], order[position]
    return Perturbed(join_words(words, order), _position_pairs(order, range(len(order))))


def distractors(pool: Sequence[str]) -> Perturbation:
    """Create a perturbation that inserts sentences of a pool into a text (Jia and Liang 2017).

    Args:
        pool: sentences that do not change the label, such as those of other texts of the same domain.

    Returns:
        A function of a text, a severity and a seed. The severity is the minimum number of inserted words,
        as a fraction of the words of the text. Each sentence is inserted before, between or after the
        sentences of the text. The function returns a `Perturbed` text, with the new position of each word.

    Raises:
        ValueError: if the pool has no words; by the function: if the severity is not from 0 to 1.

    Example:
        >>> text, kept = distractors(["it rained ."])("a good film .", 0.5, seed=0)
        >>> text, kept.tolist()
        ('a good film . it rained .', [[0, 0], [1, 1], [2, 2], [3, 3]])

    Reference:
        Jia and Liang 2017, Adversarial Examples for Evaluating Reading Comprehension Systems.
    """
    candidates = [(sentence, len(words)) for sentence in pool if len(words := word_axis(sentence))]
    if not candidates:
        raise ValueError("`pool` must hold at least one sentence with a word. Received: no words")

    def perturb(text: str, severity: float, seed: int) -> Perturbed:
        check_severity(severity)
        rng = np.random.default_rng(seed)
        labels, texts = word_axis(text).labels, [text]
        sentences = _split_sentences(labels)  # positions in the text, followed by the inserted sentences
        num_words = len(labels)
        while num_words - len(labels) < severity * len(labels):
            inserted, length = candidates[rng.integers(len(candidates))]
            texts.append(inserted)
            sentences.insert(int(rng.integers(len(sentences) + 1)), range(num_words, num_words + length))
            num_words += length
        order = np.array([position for sentence in sentences for position in sentence], int)
        after = np.flatnonzero(order < len(labels))
        return Perturbed(join_words(word_axis(" ".join(texts)), order), _position_pairs(order[after], after))

    return perturb


def _encode_differently(word: str, position: float, character: str) -> str:
    """Insert a character into a word, after its first letter, or decompose its letters if there is none."""
    letters = compile_pattern(LETTER).findall(word)
    index = 1 + int(position * (len(letters) - 1))
    noisy = "".join([*letters[:index], character, *letters[index:]])
    noisy = noisy if character else unicodedata.normalize("NFD", word)
    return noisy if word_axis(noisy).labels == [noisy] else word


def _misspell(word: str, alphabet: list[str], severity: float, rng: np.random.Generator) -> str:
    """Change each letter of a word with the probability of the severity."""
    original, letters, delayed = compile_pattern(LETTER).findall(word), [], ""
    draws, operations = rng.random(len(original)), rng.integers(4, size=len(original))
    replacements = rng.integers(len(alphabet), size=len(original))
    for position, letter in enumerate(original):
        if draws[position] >= severity:
            letters += [letter, delayed]
            delayed = ""
        elif operations[position] == 0 and not delayed and position + 1 < len(original):
            delayed = letter  # swap with the next letter
        elif operations[position] == 1 and position:
            continue  # delete
        elif operations[position] == 2:
            letters += [letter, letter]
        else:
            letters.append(alphabet[replacements[position]])
    noisy = "".join([*letters, delayed])
    return noisy if word_axis(noisy).labels == [noisy] else word


def _split_sentences(words: Sequence[str]) -> list[range]:
    """The positions of the words, split after each word that ends a sentence."""
    ends = [position + 1 for position, word in enumerate(words) if compile_pattern(SENTENCE_END).search(word)]
    edges = sorted({0, *ends, len(words)})
    return [range(first, last) for first, last in pairwise(edges)]


def _position_pairs(before: Sequence[int] | np.ndarray, after: Sequence[int] | np.ndarray) -> np.ndarray:
    """`(kept, 2)`, in the order of the original text."""
    pairs = np.stack([np.asarray(before, int), np.asarray(after, int)], axis=1)
    return pairs[pairs[:, 0].argsort()]
