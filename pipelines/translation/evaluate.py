"""Evaluation of a translator: BLEU, chrF, exact matches and token accuracy."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...datasets import ParallelText
from ..evaluation.text_metrics import BleuTokenizer, bleu, choose_tokenizer, chrf
from ..saved_model.batched_calls import Signature, map_signature
from ..text.codec import PAD, TextCodec
from ..training.batching import TokenBatches
from ..training.losses import correct_tokens
from .data import encode_pairs

NUM_SAMPLES = 8  # translations kept in the metrics


def translate(signature: Signature, texts: list[str]) -> list[str]:
    """Translate texts in batches of similar length; the order is kept.

    Args:
        signature: any signature of a translator.
        texts: source texts.
    """
    return map_signature(signature, texts, lambda outputs, _: outputs["text"].decode())


def validation_metrics(
    signature: Signature, validation: ParallelText, tokenizer: BleuTokenizer = "auto"
) -> dict[str, float]:
    """Compute `bleu` and `chrf` of a signature on a validation set, each from 0 to 100.

    Args:
        signature: any signature of a translator.
        validation: sentence pairs.
        tokenizer: tokenizer of BLEU, see `foveal.pipelines.evaluation.text_metrics.bleu`.
    """
    translations, references = translate(signature, validation.source), validation.target
    return {
        "bleu": bleu(translations, references, tokenizer=tokenizer).value,
        "chrf": chrf(translations, references).value,
    }


def evaluate(
    translations: Sequence[str], test: ParallelText, tokenizer: BleuTokenizer = "auto"
) -> dict[str, Any]:
    """Compute the metrics of translations of a test set.

    Args:
        translations: one for each source text.
        test: sentence pairs.
        tokenizer: tokenizer of BLEU, see `foveal.pipelines.evaluation.text_metrics.bleu`.

    Returns:
        `bleu`, `bleu_lowercase` and `chrf` (scores with their signatures), `exact` (share of translations
        that equal the reference), `sentences` and `samples`.

    Raises:
        ValueError: if there is no translation, or not one for each source text.
    """
    tokenizer = choose_tokenizer(test.target) if tokenizer == "auto" else tokenizer
    exact = np.mean([text == reference for text, reference in zip(translations, test.target, strict=True)])
    samples = zip(test.source[:NUM_SAMPLES], test.target, translations, strict=False)
    return {
        "bleu": bleu(translations, test.target, tokenizer=tokenizer),
        "bleu_lowercase": bleu(translations, test.target, lowercase=True, tokenizer=tokenizer),
        "chrf": chrf(translations, test.target),
        "exact": round(float(exact), 4),
        "sentences": len(test),
        "samples": [
            {"source": source, "reference": reference, "translation": translation}
            for source, reference, translation in samples
        ],
    }


def token_accuracy(model: keras.Model, codec: TextCodec, test: ParallelText) -> float:
    """Compute the teacher-forced accuracy: the share of reference tokens with the highest probability.

    Args:
        model: from `build`.
        codec: tokenizer of the model.
        test: sentence pairs.
    """
    correct = total = 0.0
    batches = TokenBatches(encode_pairs(codec, test), batch_tokens=8192, num_buckets=4)
    for step in range(batches.steps_per_epoch):
        batch = batches.get_batch(step)
        labels = tf.constant(batch["target"][:, 1:])
        logits = model({"source": batch["source"], "target": batch["target"][:, :-1]})["logits"]
        correct += float(correct_tokens(logits, labels, labels != PAD))
        total += float(np.sum(labels != PAD))
    return correct / total
