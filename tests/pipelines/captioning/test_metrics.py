import math
import shutil

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from foveal.pipelines.captioning.metrics import Cider, corpus_cider, measure, tokenize

JAVA = shutil.which("java")
CAPTIONS = ["a black dog runs on the grass", "two men play ball in the park", "a girl jumps"]
REFERENCES = [
    ["A black dog runs through the grass .", "A dog is running on grass."],
    ["Two men play ball.", "Some men in the park play with a ball"],
    ["A girl jumps into the pool.", "The girl jumps."],
]


@pytest.fixture(autouse=True)
def without_java(monkeypatch):
    """METEOR takes ten seconds to start."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_words_are_lower_case_without_punctuation():
    assert tokenize('A man\'s T-shirt, "red" ... is  wet .') == "a man's t-shirt red is wet"


def test_bleu_is_sacrebleu_of_the_words():
    told = measure(CAPTIONS, REFERENCES, [])
    streams = [[tokenize(texts[i]) for texts in REFERENCES] for i in range(2)]
    for order in (1, 2, 3, 4):
        oracle = BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
        expected = oracle.corpus_score(CAPTIONS, streams).score / 100
        assert told[f"bleu_{order}"] == pytest.approx(expected, abs=1e-3)


def test_cider_is_what_its_paper_says():
    """Vedantam et al. 2015, eq. 1-4, and section 7 for D: clipped, with a penalty for length, times 10."""
    expected = np.mean([_cider_d(c, place) for place, c in enumerate(CAPTIONS)])
    assert corpus_cider(CAPTIONS, REFERENCES) == pytest.approx(expected, abs=1e-6)


def _cider_d(caption, place):
    words = [[tokenize(t).split() for t in texts] for texts in REFERENCES]

    def grams(tokens, n):
        return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]

    def rarity(gram, n):
        pictures = sum(any(gram in grams(t, n) for t in texts) for texts in words)
        return math.log(len(words)) - math.log(max(1, pictures))

    def vector(tokens, n):
        found = grams(tokens, n)
        return {g: found.count(g) * rarity(g, n) for g in set(found)}

    def size(v):
        return math.sqrt(sum(x * x for x in v.values()))

    total, tokens = 0.0, tokenize(caption).split()
    for n in (1, 2, 3, 4):
        mine = vector(tokens, n)
        for reference in words[place]:
            gold = vector(reference, n)
            alike = sum(min(x, gold.get(g, 0)) * gold.get(g, 0) for g, x in mine.items())
            norm = size(mine) * size(gold)
            penalty = math.exp(-((len(tokens) - len(reference)) ** 2) / (2 * 6**2))
            total += penalty * alike / norm / len(words[place]) if norm else 0.0
    return 10 * total / 4


def test_length_vocabulary_and_novelty_are_counted():
    told = measure(["A dog.", "a dog", "one red dog"], [["x"]] * 3, known=["a  Dog ."])
    assert told["length"] == pytest.approx(7 / 3, abs=0.01)
    assert told["vocabulary"] == 4
    assert told["novel"] == pytest.approx(1 / 3, abs=1e-4)
    assert told["captions"] == 3


def test_without_java_meteor_is_said_to_be_missing():
    assert measure(["a dog"], [["a dog"]], [])["meteor"] is None


@pytest.mark.slow
@pytest.mark.skipif(JAVA is None, reason="METEOR needs Java")
def test_meteor_is_measured_where_java_is(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: JAVA)
    told = measure(["a dog runs", "a cat sits"], [["a dog runs"], ["a bird flies"]], [])
    assert 0.2 < told["meteor"] < 0.9


@pytest.mark.parametrize(("captions", "references"), [([], []), (["a"], [["a"], ["b"]])])
def test_captions_without_their_references_are_refused(captions, references):
    with pytest.raises(ValueError, match="references of each"):
        measure(captions, references, [])


def test_cider_of_single_captions_is_that_of_all_when_they_are_the_corpus():
    cider = Cider(REFERENCES)
    alone = [cider([caption], [own])[0] for caption, own in zip(CAPTIONS, REFERENCES, strict=True)]
    assert np.mean(alone) == pytest.approx(corpus_cider(CAPTIONS, REFERENCES))
    twice = cider([CAPTIONS[0], CAPTIONS[0]], [REFERENCES[0], REFERENCES[1]])
    assert twice[0] == pytest.approx(alone[0])
    assert twice[0] > twice[1]
