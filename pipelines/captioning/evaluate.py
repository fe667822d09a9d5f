"""How good the captions of a signature are, and how many are true."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from ...datasets import CaptionedImages
from ..saved_model.batched_calls import Signature
from .caption_truth import has_scene_objects, truth
from .metrics import measure

BATCH = 32


def describe(signature: Signature, images: tf.data.Dataset) -> list[str]:
    """Captions of encoded pictures, in their order."""
    return [text.decode() for batch in images.batch(BATCH) for text in signature(image=batch)["text"].numpy()]


def evaluate(signature: Signature, test: CaptionedImages, known: Sequence[str] = ()) -> dict[str, Any]:
    """Every metric of `measure`; for `scenes` also those of `truth`.

    Args:
        signature: of an exported captioner.
        test: pictures and their references.
        known: the captions of the training split, for the share of new ones.
    """
    captions = describe(signature, test.images)
    told = measure(captions, test.references, known)
    if test.objects and has_scene_objects(test.objects):
        told |= truth(captions, test.objects)
    samples = zip(captions[:8], test.references, strict=False)
    return told | {"samples": [{"caption": c, "references": r} for c, r in samples]}
