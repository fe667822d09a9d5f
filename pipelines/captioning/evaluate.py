"""Evaluation of a captioner: caption metrics and, for `scenes`, the share of true captions."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ...datasets import CaptionedImages
from ..saved_model.batched_calls import Signature
from .caption_truth import caption_truth, has_scene_objects
from .metrics import caption_metrics

BATCH_SIZE = 32
NUM_SAMPLES = 8


def describe(signature: Signature, images: tf.data.Dataset) -> list[str]:
    """Caption encoded images, in their order."""
    batches = images.batch(BATCH_SIZE)
    return [text.decode() for batch in batches for text in signature(image=batch)["text"].numpy()]


def evaluate(
    signature: Signature, test: CaptionedImages, training_captions: Sequence[str] = ()
) -> dict[str, Any]:
    """Compute every metric of `caption_metrics`; for `scenes` also those of `caption_truth`.

    Args:
        signature: a signature of an exported captioner.
        test: images and their references.
        training_captions: captions of the training split, for the share of novel captions.

    Returns:
        The metrics, and under `samples` the first captions with their references.
    """
    captions = describe(signature, test.images)
    metrics = caption_metrics(captions, test.references, training_captions)
    if test.objects and has_scene_objects(test.objects):
        metrics |= caption_truth(captions, test.objects)
    samples = zip(captions[:NUM_SAMPLES], test.references, strict=False)
    return metrics | {"samples": [{"caption": c, "references": r} for c, r in samples]}
