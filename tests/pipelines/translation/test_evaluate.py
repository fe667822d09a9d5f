import pytest
import sacrebleu
import tensorflow as tf

from foveal.datasets import ParallelText
from foveal.pipelines.saved_model.batched_calls import BATCH
from foveal.pipelines.text.codec import END, START
from foveal.pipelines.translation.evaluate import evaluate, signature_bleu, token_accuracy, translate

TEST = ParallelText(
    source=["a dog runs fast", "b", "the Cat sat down there"],
    target=["A DOG RUNS FAST", "x", "the cat sat down there"],
)


def shout(text):
    """A signature that translates into capitals."""
    return {"text": tf.strings.upper(text), "length": tf.strings.length(text)}


def test_texts_come_back_in_their_order():
    texts = [f"{'x' * (place % 7)}{place}" for place in range(2 * BATCH + 3)]
    assert translate(shout, texts) == [text.upper() for text in texts]


def test_the_scores_are_sacrebleu_s():
    hypotheses = [text.upper() for text in TEST.source]
    told = evaluate(hypotheses, TEST)
    assert told["bleu"].value == pytest.approx(sacrebleu.corpus_bleu(hypotheses, [TEST.target]).score)
    assert told["bleu"].value == signature_bleu(shout, TEST)
    lower = sacrebleu.corpus_bleu(hypotheses, [TEST.target], lowercase=True).score
    assert told["bleu_lowercase"].value == pytest.approx(lower)
    assert (told["exact"], told["sentences"]) == (0.3333, 3)
    assert told["samples"][0]["translation"] == "A DOG RUNS FAST"


def test_token_accuracy_counts_what_the_model_prefers(codec):
    class Parrot:
        """Expects every token to be followed by END."""

        def __call__(self, inputs):
            return {"logits": tf.one_hot(tf.fill(tf.shape(inputs["target"]), END), len(codec.vocabulary))}

    pairs = ParallelText(["the", "one dog"], ["o", "um cão"])
    tokens = sum(len(row) + 1 for row in codec.encode(tf.constant(pairs.target)))  # with END
    assert token_accuracy(Parrot(), codec, pairs) == pytest.approx(2 / tokens)
    assert START != END
