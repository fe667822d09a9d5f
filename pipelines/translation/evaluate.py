"""How good the translations are, and how well the attention agrees with gold alignments."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from ...datasets import ParallelText
from ..evaluation.text_metrics import bleu, chrf
from ..saved_model.batched_calls import Signature, answers
from ..text.codec import PAD, TextCodec
from ..training.batching import TokenBatches
from ..training.losses import correct_tokens
from .data import encode_pairs


def translate(signature: Signature, texts: list[str]) -> list[str]:
    """Translate texts in batches of similar length; they come back in their own order."""
    return answers(signature, texts, lambda told, _: told["text"].decode())


def signature_bleu(signature: Signature, test: ParallelText) -> float:
    """sacreBLEU of a test set."""
    return bleu(translate(signature, test.source), test.target).value


def evaluate(translations: Sequence[str], test: ParallelText) -> dict[str, Any]:
    """BLEU, chrF, lower-cased BLEU and the share of exact translations, with their signatures."""
    exact = np.mean([t == r for t, r in zip(translations, test.target, strict=True)])
    return {
        "bleu": bleu(translations, test.target),
        "bleu_lowercase": bleu(translations, test.target, lowercase=True),
        "chrf": chrf(translations, test.target),
        "exact": round(float(exact), 4),
        "sentences": len(test),
        "samples": [
            {"source": s, "reference": r, "translation": t}
            for s, r, t in zip(test.source[:8], test.target, translations, strict=False)
        ],
    }


def token_accuracy(model: keras.Model, codec: TextCodec, test: ParallelText) -> float:
    """Share of the reference's tokens that are the model's first choice after the true ones before."""
    right = total = 0.0
    pairs = TokenBatches(encode_pairs(codec, test), batch_tokens=8192, shapes=4)
    for step in range(pairs.steps_per_epoch):
        batch = pairs.at(step)
        labels = tf.constant(batch["target"][:, 1:])
        logits = model({"source": batch["source"], "target": batch["target"][:, :-1]})["logits"]
        right += float(correct_tokens(logits, labels, labels != PAD))
        total += float(np.sum(labels != PAD))
    return right / total
