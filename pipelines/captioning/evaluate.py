"""Evaluation of a captioner: caption metrics and, for `scenes`, the share of true captions."""

from collections.abc import Sequence
from typing import Any

from ...datasets import CaptionedImages
from ..saved_model.batched_calls import Signature
from .caption_truth import caption_truth, has_scene_objects
from .image_checks import check_images
from .metrics import caption_metrics

BATCH_SIZE = 32
NUM_SAMPLES = 8


def describe(signature: Signature, data: CaptionedImages) -> list[str]:
    """Caption images, in their order.

    Raises:
        ValueError: if an image cannot be decoded, see `check_images`.
    """
    captions: list[str] = []
    for batch in data.images.batch(BATCH_SIZE):
        outputs = signature(image=batch)
        if not outputs["valid"].numpy().all():
            check_images(data)
        captions += [text.decode() for text in outputs["text"].numpy()]
    return captions


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
    captions = describe(signature, test)
    metrics = caption_metrics(captions, test.references, training_captions)
    if test.objects and has_scene_objects(test.objects):
        metrics |= caption_truth(captions, test.objects)
    samples = zip(captions[:NUM_SAMPLES], test.references, strict=False)
    return metrics | {"samples": [{"caption": c, "references": r} for c, r in samples]}
