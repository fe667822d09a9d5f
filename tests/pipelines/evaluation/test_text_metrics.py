"""Tests of BLEU and chrF against sacreBLEU and a hand-computed value."""

import math

import pytest
import sacrebleu

from foveal.pipelines.evaluation.text_metrics import bleu, chrf

HYPOTHESES = ["The cat sat on the mat .", "A dog is running fast.", "Nobody came"]
REFERENCES = ["The cat is sitting on the mat.", "A dog runs fast.", "nobody came"]


def test_bleu_matches_sacrebleu():
    expected = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES])
    assert bleu(HYPOTHESES, REFERENCES).value == pytest.approx(expected.score)


def test_bleu_matches_hand_computed_value():
    # "a b c d x" shares 4/5, 3/4, 2/3 and 1/2 of its n-grams with "a b c d e"; no brevity penalty
    expected = 100 * math.prod([4 / 5, 3 / 4, 2 / 3, 1 / 2]) ** 0.25
    assert bleu(["a b c d x"], ["a b c d e"]).value == pytest.approx(expected)


def test_lowercase_bleu_ignores_case_and_changes_signature():
    upper, lower = ["THE CAT SAT DOWN"], ["the cat sat down"]
    assert bleu(upper, lower).value == 0
    assert bleu(upper, lower, lowercase=True).value == pytest.approx(100)
    assert "case:mixed" in bleu(upper, lower).signature
    assert "case:lc" in bleu(upper, lower, lowercase=True).signature


def test_bleu_signature_names_tokenizer_and_version():
    signature = bleu(HYPOTHESES, REFERENCES).signature
    assert "tok:13a" in signature
    assert f"version:{sacrebleu.__version__}" in signature


def test_chrf_matches_sacrebleu():
    score = chrf(HYPOTHESES, REFERENCES)
    assert score.value == pytest.approx(sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score)
    assert "nc:6" in score.signature
    assert "nw:0" in score.signature


@pytest.mark.parametrize("metric", [bleu, chrf])
def test_unequal_or_empty_corpora_raise(metric):
    with pytest.raises(ValueError, match="2 hypotheses and 1 references"):
        metric(["a", "b"], ["a"])
    with pytest.raises(ValueError, match="0 hypotheses"):
        metric([], [])
