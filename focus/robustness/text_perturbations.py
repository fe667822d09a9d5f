"""Texts with noise: of letters, of words, of sentences that have nothing to do with them.

Words are what stands between blanks. The same seed draws the same noise, and a larger dose holds that of a
smaller one (of distractors: as many more).
"""

import math
from collections.abc import Sequence

import numpy as np

from .perturbation import Perturbation, Perturbed, check_severity


def word_offsets(text: str) -> np.ndarray:
    """From which to which byte each word goes, `(words, 2)`: a map of pieces becomes one of words by
    `words_from_pieces`.

    Example:
        >>> word_offsets("não é  bom").tolist()
        [[0, 4], [5, 7], [9, 12]]
    """
    offsets, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        before = len(text[:start].encode())
        offsets.append((before, before + len(word.encode())))
        start += len(word)
    return np.array(offsets, int).reshape(-1, 2)


def character_noise(text: str, severity: float, seed: int) -> Perturbed:
    """Letters that change places with the next, go, come twice or become others of the text.

    Args:
        text: any.
        severity: share of the letters that something happens to, from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` text, its words in their places: none is lost, for its first letter only changes.

    Raises:
        ValueError: where the dose is another.

    Example:
        >>> character_noise("the cat sat", 0.3, seed=3).example
        'ahhe cta sat'

    Reference:
        Belinkov and Bisk 2018, Synthetic and Natural Noise Both Break Neural Machine Translation, on
        synthetic noise.
    """
    check_severity(severity)
    rng = np.random.default_rng(seed)
    words = text.split()
    letters = sorted(set("".join(words)))
    return Perturbed(" ".join(_misspelt(word, letters, severity, rng) for word in words))


def word_dropout(text: str, severity: float, seed: int) -> Perturbed:
    """Words that go; the last one stays.

    Args:
        text: any.
        severity: share of the words that go, from 0 to 1.
        seed: of the noise.

    Returns:
        A `Perturbed` text, with the places of the words that stay.

    Raises:
        ValueError: where the dose is another.

    Example:
        >>> text, kept = word_dropout("the cat sat on the mat", 0.5, seed=3)
        >>> text, kept.tolist()
        ('sat on', [[2, 0], [3, 1]])

    Reference: Iyyer et al. 2015, Deep Unordered Composition Rivals Syntactic Methods, on word dropout.
    """
    check_severity(severity)
    words = text.split()
    draws = np.random.default_rng(seed).random(len(words))
    stay = (draws >= severity) | (draws == draws.max(initial=0))
    before = np.flatnonzero(stay)
    return Perturbed(" ".join(words[place] for place in before), _places(before, np.arange(len(before))))


def word_swaps(text: str, severity: float, seed: int) -> Perturbed:
    """Neighbouring words that change places.

    Args:
        text: any.
        severity: share of the pairs of neighbours that do, from 0 to 1; a word is carried on where pairs meet.
        seed: of the noise.

    Returns:
        A `Perturbed` text, with the new place of each word.

    Raises:
        ValueError: where the dose is another.

    Example:
        >>> word_swaps("the cat sat", 1.0, seed=0).example
        'cat sat the'

    Reference: Sinha et al. 2021, Masked Language Modeling and the Distributional Hypothesis, on word order.
    """
    check_severity(severity)
    words = text.split()
    order = list(range(len(words)))
    draws = np.random.default_rng(seed).random(max(len(words) - 1, 0))
    for place in np.flatnonzero(draws < severity):
        order[place], order[place + 1] = order[place + 1], order[place]
    return Perturbed(" ".join(words[place] for place in order), _places(order, range(len(order))))


def distractors(pool: Sequence[str]) -> Perturbation:
    """A perturbation that puts sentences of a pool between those of a text.

    Args:
        pool: sentences that do not change the answer, such as those of other texts of the same domain.

    Returns:
        A function of a text, a dose and a seed. The dose is how many words come to those of the text, at
        least, as a share of them; each sentence goes before, between or behind the text's own. It gives
        a `Perturbed` text, with the new place of each word.

    Raises:
        ValueError: where the pool has no words; the function: where the dose is not from 0 to 1.

    Example:
        >>> text, kept = distractors(["it rained ."])("a good film .", 0.5, seed=0)
        >>> text, kept.tolist()
        ('a good film . it rained .', [[0, 0], [1, 1], [2, 2], [3, 3]])

    Reference: Jia and Liang 2017, Adversarial Examples for Evaluating Reading Comprehension Systems.
    """
    sentences = [sentence.split() for sentence in pool if sentence.split()]
    if not sentences:
        raise ValueError("Expected a pool of sentences. Received: none with a word.")

    def perturb(text: str, severity: float, seed: int) -> Perturbed:
        check_severity(severity)
        rng = np.random.default_rng(seed)
        stretches = _sentences(text.split())
        wanted = math.ceil(severity * sum(map(len, stretches)))
        while wanted > 0:
            new = [(-1, word) for word in sentences[rng.integers(len(sentences))]]
            stretches.insert(int(rng.integers(len(stretches) + 1)), new)
            wanted -= len(new)
        words = [word for stretch in stretches for word in stretch]
        after = [place for place, (before, _) in enumerate(words) if before >= 0]
        text = " ".join(word for _, word in words)
        return Perturbed(text, _places([words[place][0] for place in after], after))

    return perturb


def _misspelt(word: str, letters: list[str], severity: float, rng: np.random.Generator) -> str:
    """A word in which each letter is, with the probability of the dose, written wrongly."""
    written, carried = [], ""
    draws, ways = rng.random(len(word)), rng.integers(4, size=len(word))
    others = rng.integers(len(letters), size=len(word))
    for place, letter in enumerate(word):
        if draws[place] >= severity:
            written += [letter, carried]
            carried = ""
        elif ways[place] == 0 and not carried and place + 1 < len(word):
            carried = letter  # behind the next
        elif ways[place] == 1 and place:
            continue
        elif ways[place] == 2:
            written += [letter, letter]
        else:
            written.append(letters[others[place]])
    return "".join([*written, carried])


def _sentences(words: list[str]) -> list[list[tuple[int, str]]]:
    """The words with their places, cut behind each that ends a sentence."""
    stretches: list[list[tuple[int, str]]] = [[]]
    for place, word in enumerate(words):
        stretches[-1].append((place, word))
        if word[-1] in ".!?":
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _places(before: Sequence[int] | np.ndarray, after: Sequence[int] | range | np.ndarray) -> np.ndarray:
    """`(kept, 2)`, in the order of the text before."""
    places = np.stack([np.asarray(before, int), np.asarray(after, int)], axis=1)
    return places[places[:, 0].argsort()]
