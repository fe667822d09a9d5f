"""Tests of translation metrics against sacreBLEU and hand-computed accuracy."""

import pytest
import sacrebleu
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.saved_model.batched_calls import BATCH_SIZE
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.translation.evaluate import evaluate, token_accuracy, translate, validation_metrics

TEST = ParallelText(
    source=["a dog runs fast", "b", "the Cat sat down there"],
    target=["A DOG RUNS FAST", "x", "the cat sat down there"],
)


def uppercase(text):
    """Signature of a translator into capital letters."""
    return {"text": tf.strings.upper(text), "length": tf.strings.length(text)}


def test_translate_keeps_order_of_texts():
    texts = [f"{'x' * (index % 7)}{index}" for index in range(2 * BATCH_SIZE + 3)]
    assert translate(uppercase, texts) == [text.upper() for text in texts]


def test_metrics_match_sacrebleu():
    hypotheses = [text.upper() for text in TEST.source]
    metrics = evaluate(hypotheses, TEST)
    expected = sacrebleu.corpus_bleu(hypotheses, [TEST.target])
    assert metrics["bleu"].value == pytest.approx(expected.score)
    assert metrics["bleu"].value == validation_metrics(uppercase, TEST)["bleu"]
    lowercase = sacrebleu.corpus_bleu(hypotheses, [TEST.target], lowercase=True).score
    assert metrics["bleu_lowercase"].value == pytest.approx(lowercase)
    assert (metrics["exact"], metrics["sentences"]) == (0.3333, 3)
    assert metrics["samples"][0]["translation"] == "A DOG RUNS FAST"


def test_validation_prefers_the_better_translator_of_chinese():
    """With blanks as the only boundary of words both have BLEU 0."""
    references = ["年轻的医生看见了她。", "她在花园里看书。"]
    perfect, poor = dict(zip("ab", references, strict=True)), {"a": "医生看见了花园。", "b": "她看书。"}
    test = ParallelText(list("ab"), references)

    def translator(table):
        return lambda text: {"text": tf.constant([table[x.decode()] for x in text.numpy()])}

    best, worse = (validation_metrics(translator(table), test) for table in (perfect, poor))
    assert best["bleu"] == pytest.approx(100)
    assert best["bleu"] > worse["bleu"]
    assert validation_metrics(translator(perfect), test, "13a")["bleu"] == 0
    assert (best["chrf"], best["chrf"] > worse["chrf"]) == (100, True)
    assert "tok:zh" in evaluate(references, test)["bleu"].signature


def test_token_accuracy_counts_tokens_of_highest_probability(codec):
    class AlwaysEnd:
        """Model that predicts END after every token."""

        def __call__(self, inputs):
            return {"logits": tf.one_hot(tf.fill(tf.shape(inputs["target"]), END), len(codec.vocabulary))}

    pairs = ParallelText(["the", "one dog"], ["o", "um cão"])
    tokens = sum(len(row) + 1 for row in codec.encode(tf.constant(pairs.target)))  # with END
    assert token_accuracy(AlwaysEnd(), codec, pairs) == pytest.approx(2 / tokens)
    assert START != END
