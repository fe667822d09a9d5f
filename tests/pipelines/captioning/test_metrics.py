"""Tests of caption metrics against sacreBLEU and the definition of CIDEr-D."""

import math
import shutil

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from foveal.pipelines.captioning.metrics import Cider, caption_metrics, corpus_chrf, corpus_cider, tokenize

JAVA = shutil.which("java")
CAPTIONS = ["a black dog runs on the grass", "two men play ball in the park", "a girl jumps"]
REFERENCES = [
    ["A black dog runs through the grass .", "A dog is running on grass."],
    ["Two men play ball.", "Some men in the park play with a ball"],
    ["A girl jumps into the pool.", "The girl jumps."],
]


@pytest.fixture(autouse=True)
def without_java(monkeypatch):
    """Skip METEOR, whose Java scorer takes ten seconds to start."""
    monkeypatch.setattr(shutil, "which", lambda name: None)


def test_tokenize_lowers_case_and_drops_punctuation():
    assert tokenize('A man\'s T-shirt, "red" ... is  wet .') == "a man's t-shirt red is wet"


@pytest.mark.parametrize(
    ("caption", "reference", "length"),
    [
        ("लड़का गेंद से खेलता है", "लड़की गेंद से खेलती है", 5),  # differ in vowel signs
        ("一只黑狗在草地上跑", "一只白狗在草地上跑。", 9),
        ("เด็กเล่นบอล", "เด็กเล่นน้ำ", 9),
    ],
)
def test_metrics_count_words_of_other_scripts(caption, reference, length):
    metrics = caption_metrics([caption], [[reference]], [])
    assert metrics["length"] == length
    assert 0 < metrics["bleu_1"] < 1
    assert metrics["bleu_4"] < 0.8
    assert caption_metrics([reference], [[reference]], [])["bleu_4"] == pytest.approx(1, abs=1e-3)


def test_bleu_matches_sacrebleu():
    metrics = caption_metrics(CAPTIONS, REFERENCES, [])
    streams = [[tokenize(texts[i]) for texts in REFERENCES] for i in range(2)]
    for order in (1, 2, 3, 4):
        oracle = BLEU(tokenize="none", smooth_method="none", max_ngram_order=order)
        expected = oracle.corpus_score(CAPTIONS, streams).score / 100
        assert metrics[f"bleu_{order}"] == pytest.approx(expected, abs=1e-3)


def test_corpus_cider_matches_its_definition():
    """Vedantam et al. 2015, eq. 1-4, and section 7 for D: clipped, with a penalty for length, times 10."""
    expected = np.mean([_cider_d(c, index) for index, c in enumerate(CAPTIONS)])
    assert corpus_cider(CAPTIONS, REFERENCES) == pytest.approx(expected, abs=1e-6)


def _cider_d(caption, index):
    words = [[tokenize(t).split() for t in texts] for texts in REFERENCES]

    def ngrams(tokens, n):
        return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]

    def inverse_document_frequency(gram, n):
        num_images = sum(any(gram in ngrams(t, n) for t in texts) for texts in words)
        return math.log(len(words)) - math.log(max(1, num_images))

    def vector(tokens, n):
        grams_of_text = ngrams(tokens, n)
        return {g: grams_of_text.count(g) * inverse_document_frequency(g, n) for g in set(grams_of_text)}

    def norm_of(v):
        return math.sqrt(sum(x * x for x in v.values()))

    total, tokens = 0.0, tokenize(caption).split()
    for n in (1, 2, 3, 4):
        hypothesis = vector(tokens, n)
        for reference in words[index]:
            gold = vector(reference, n)
            similarity = sum(min(x, gold.get(g, 0)) * gold.get(g, 0) for g, x in hypothesis.items())
            norm = norm_of(hypothesis) * norm_of(gold)
            penalty = math.exp(-((len(tokens) - len(reference)) ** 2) / (2 * 6**2))
            total += penalty * similarity / norm / len(words[index]) if norm else 0.0
    return 10 * total / 4


def test_caption_metrics_count_length_vocabulary_and_novelty():
    metrics = caption_metrics(["A dog.", "a dog", "one red dog"], [["x"]] * 3, training_captions=["a  Dog ."])
    assert metrics["length"] == pytest.approx(7 / 3, abs=0.01)
    assert metrics["vocabulary"] == 4
    assert metrics["novel"] == pytest.approx(1 / 3, abs=1e-4)
    assert metrics["captions"] == 3


def test_chrf_matches_sacrebleu_and_orders_captions_without_a_common_word():
    streams = [[tokenize(texts[i]) for texts in REFERENCES] for i in range(2)]
    assert corpus_chrf(CAPTIONS, REFERENCES) == pytest.approx(
        CHRF().corpus_score(CAPTIONS, streams).score / 100
    )
    references = [["running dogs", "a dog"], ["cats"]]  # not the same number for each image
    near, far = ["dogs run", "catlike"], ["xy", "zzz"]
    assert corpus_chrf(near, references) > corpus_chrf(far, references)


def test_meteor_is_none_without_java():
    assert caption_metrics(["a dog"], [["a dog"]], [])["meteor"] is None


@pytest.mark.slow
@pytest.mark.skipif(JAVA is None, reason="METEOR needs Java")
def test_meteor_is_computed_with_java(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: JAVA)
    metrics = caption_metrics(["a dog runs", "a cat sits"], [["a dog runs"], ["a bird flies"]], [])
    assert 0.2 < metrics["meteor"] < 0.9


@pytest.mark.parametrize(("captions", "references"), [([], []), (["a"], [["a"], ["b"]])])
def test_missing_references_raise(captions, references):
    with pytest.raises(ValueError, match="`captions` must hold at least one caption"):
        caption_metrics(captions, references, [])


def test_cider_of_single_captions_averages_to_corpus_cider():
    cider = Cider(REFERENCES)
    single = [
        cider([caption], [references])[0] for caption, references in zip(CAPTIONS, REFERENCES, strict=True)
    ]
    assert np.mean(single) == pytest.approx(corpus_cider(CAPTIONS, REFERENCES))
    repeated = cider([CAPTIONS[0], CAPTIONS[0]], [REFERENCES[0], REFERENCES[1]])
    assert repeated[0] == pytest.approx(single[0])
    assert repeated[0] > repeated[1]
