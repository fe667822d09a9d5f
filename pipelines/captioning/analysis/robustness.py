"""What growing noise in the pictures does to the captions, and to where the model looks."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....focus import Perturbation, RobustnessResult, blur, clutter, image_noise, occlusion, stress
from ...saved_model.batched_calls import Signature
from ..metrics import Cider

BATCH = 32


def measure_robustness(
    signature: Signature, test: CaptionedImages, pictures: int
) -> dict[str, list[RobustnessResult]]:
    """Quality is CIDEr-D of each caption against its references: see `stress`. The map of a picture is what
    each of its cells gets from the whole caption.

    Args:
        signature: the `explain` signature.
        test: pictures and their references.
        pictures: how many of them; each is described once in every dose of every noise.
    """
    seen = [
        tf.io.decode_image(one, channels=3, expand_animations=False).numpy()
        for one in test.images.take(pictures)
    ]
    look = quality_and_attention(signature, test)
    return {name: stress(look, seen, noise) for name, noise in perturbations(seen).items()}


def perturbations(pool: list[np.ndarray]) -> dict[str, Perturbation]:
    """Noise, blur, a grey rectangle, and pieces of the pictures of a pool."""
    return {"noise": image_noise, "blur": blur, "occlusion": occlusion, "clutter": clutter(pool)}


def quality_and_attention(signature: Signature, test: CaptionedImages) -> Callable:
    """From the pictures of a test set, disturbed or not, to how good each caption is, and its map."""
    cider = Cider(test.references)

    def look(pictures: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        captions, maps = [], []
        for start in range(0, len(pictures), BATCH):
            encoded = [tf.io.encode_png(one) for one in pictures[start : start + BATCH]]
            told = signature(image=tf.stack(encoded))
            captions += [text.decode() for text in told["text"].numpy()]
            maps += [one.sum(axis=0).ravel() for one in told["attention"].numpy()]
        return np.array(cider(captions, test.references[: len(pictures)])), maps

    return look
