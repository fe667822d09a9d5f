"""IBM model 1, compared with published numbers and with the enumeration of all alignments."""

from itertools import product

import numpy as np
import pytest

from foveal.pipelines.translation import ibm_model_1
from foveal.pipelines.translation.ibm_model_1 import lexical_probabilities

DAS, HAUS, BUCH, EIN, THE, HOUSE, BOOK, A = range(8)
SOURCE = [np.array(row) for row in ([DAS, HAUS], [DAS, BUCH], [EIN, BUCH])]
TARGET = [np.array(row) for row in ([THE, HOUSE], [THE, BOOK], [A, BOOK])]


@pytest.mark.parametrize(
    ("num_iterations", "the_das", "house_das", "the_haus"),
    [(1, 0.5, 0.25, 0.5), (2, 0.6364, 0.1818, 0.4286), (3, 0.7479, 0.1313, 0.3466)],
)
def test_probabilities_match_textbook(num_iterations, the_das, house_das, the_haus):
    # Koehn 2010, Statistical Machine Translation, figure 4.4
    probabilities = lexical_probabilities(SOURCE, TARGET, 8, num_iterations)
    assert probabilities[DAS, THE] == pytest.approx(the_das, abs=5e-5)
    assert probabilities[DAS, HOUSE] == pytest.approx(house_das, abs=5e-5)
    assert probabilities[HAUS, THE] == pytest.approx(the_haus, abs=5e-5)
    assert probabilities[BUCH, BOOK] == pytest.approx(the_das, abs=5e-5)


def enumerate_alignments(source, target, vocabulary_size, num_iterations):
    """Expectation maximization over every alignment of every sentence pair, one at a time."""
    probabilities = np.ones((vocabulary_size, vocabulary_size))
    for _ in range(num_iterations):
        counts = np.zeros_like(probabilities)
        for words, translation in zip(source, target, strict=True):
            alignments = list(product(words, repeat=len(translation)))
            likelihoods = [np.prod(probabilities[list(links), translation]) for links in alignments]
            for links, likelihood in zip(alignments, likelihoods, strict=True):
                np.add.at(counts, (list(links), translation), likelihood / sum(likelihoods))
        totals = counts.sum(axis=1, keepdims=True)
        probabilities = np.divide(counts, totals, where=totals > 0, out=np.zeros_like(counts))
    return probabilities


@pytest.mark.parametrize("pairs_per_chunk", [1, 2, 1000])
def test_probabilities_match_enumeration_of_alignments(pairs_per_chunk, monkeypatch):
    monkeypatch.setattr(ibm_model_1, "PAIRS_PER_CHUNK", pairs_per_chunk)
    rng = np.random.default_rng(0)
    source = [np.append(rng.integers(3, 6, length), 2) for length in (1, 3, 2, 4, 2)]  # repeated tokens too
    target = [rng.integers(4, 7, length) for length in (2, 4, 1, 3, 5)]
    actual = lexical_probabilities(source, target, 7, num_iterations=4)
    expected = enumerate_alignments(source, target, 7, num_iterations=4)
    np.testing.assert_allclose(actual.toarray(), expected, atol=1e-12)
    np.testing.assert_allclose(actual.sum(axis=1)[2:6], 1.0)
