"""Tests of BLEU and chrF against sacreBLEU and a hand-computed value; the tokenizer of each script."""

import math

import pytest
import sacrebleu

from foveal.pipelines.evaluation import text_metrics
from foveal.pipelines.evaluation.text_metrics import bleu, choose_tokenizer, chrf, require_tokenizer

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


CHINESE = ["年轻的医生在花园里看见了她。", "我们使用TensorFlow训练模型。"]
JAPANESE = ["若い医者は庭で彼女を見た。", "コンピューターは東京にあります。"]
THAI = ["หมอหนุ่มเห็นเธอในสวน", "ฉันชอบกินข้าวกับเพื่อน"]
KOREAN = ["젊은 의사들이 정원에서 그녀를 보았다.", "나는 학교에 갑니다."]
# references, tokenizers without and with the optional packages
SCRIPTS = {
    "Chinese": (CHINESE, "zh", "zh"),
    "Chinese with a Japanese name": ([*CHINESE * 3, "她喜欢ドラえもん这部动画片。"], "zh", "zh"),
    "Japanese": (JAPANESE, "char", "ja-mecab"),
    "Thai": (THAI, "char", "flores200"),
    "Khmer": (["គ្រូពេទ្យបានឃើញនាង"], "char", "flores200"),
    "Lao": (["ທ່ານໝໍເຫັນລາວຢູ່ໃນສວນ"], "char", "flores200"),
    "Burmese": (["ဆရာဝန်က သူမကို တွေ့ခဲ့တယ်"], "char", "flores200"),
    "Korean": (KOREAN, "13a", "ko-mecab"),
    "Hindi": (["युवा डॉक्टरों ने उसे बगीचे में देखा।"], "13a", "13a"),
    "Arabic": (["رآها الأطباء الشباب في الحديقة."], "13a", "13a"),
    "Russian": (["Молодые врачи увидели её в саду."], "13a", "13a"),
    "English with a Chinese name": (
        ["Doctor 王小明 saw her.", "She met 李雷 and 韩梅梅 today."],
        "13a",
        "13a",
    ),
    "English with Chinese punctuation": (["Yes。", "No、thanks。"], "13a", "13a"),
    "no letter": (["1 + 1 = 2", ""], "13a", "13a"),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_tokenizer_is_chosen_by_script(name, monkeypatch):
    references, bundled, optional = SCRIPTS[name]
    monkeypatch.setattr(text_metrics, "is_installed", lambda tokenizer: False)
    assert choose_tokenizer(references) == bundled
    monkeypatch.setattr(text_metrics, "is_installed", lambda tokenizer: True)
    assert choose_tokenizer(references) == optional


@pytest.mark.parametrize("references", [CHINESE, JAPANESE, THAI, KOREAN], ids=["zh", "ja", "th", "ko"])
def test_bleu_of_perfect_hypotheses_is_100_in_every_script(references):
    references = [" ".join([text] * 2) for text in references] if references is KOREAN else references
    score = bleu(references, references)
    assert score.value == pytest.approx(100)
    tokenizer = choose_tokenizer(references)
    assert f"|tok:{tokenizer}" in score.signature
    shorter = [text[:-3] for text in references]
    expected = sacrebleu.corpus_bleu(shorter, [references], tokenize=tokenizer).score
    assert bleu(shorter, references).value == pytest.approx(expected)
    assert 0 < expected < 100


def test_explicit_tokenizer_matches_sacrebleu():
    expected = sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES], tokenize="char")
    assert bleu(HYPOTHESES, REFERENCES, tokenizer="char").value == pytest.approx(expected.score)


def test_tokenizer_that_is_not_installed_raises(monkeypatch, tmp_path):
    monkeypatch.setattr(text_metrics, "FLORES_MODEL", tmp_path / "missing")  # nothing is downloaded
    with pytest.raises(ValueError, match=r"Received: bleu_tokenizer='flores200'. Install it"):
        bleu(THAI, THAI, tokenizer="flores200")
    monkeypatch.setattr(text_metrics, "PACKAGES", {"ja-mecab": ("no_such_package",)})
    with pytest.raises(ValueError, match=r"pip install 'sacrebleu\[ja\]'"):
        require_tokenizer("ja-mecab")
    require_tokenizer("auto")
