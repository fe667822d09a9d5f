"""Robustness of captions and attention to perturbed images."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from ....datasets import CaptionedImages
from ....focus import (
    Perturbation,
    RobustnessResult,
    blur,
    clutter,
    image_noise,
    measure_robustness,
    occlusion,
)
from ...saved_model.batched_calls import Signature
from ..image_checks import check_images
from ..image_decoding import decode_image
from ..metrics import Cider

BATCH_SIZE = 32


def evaluate_robustness(
    signature: Signature, test: CaptionedImages, num_examples: int
) -> dict[str, list[RobustnessResult]]:
    """Measure CIDEr-D and the divergence of attention under perturbations of growing severity.

    The attention map of an image is the attention of each cell, summed over the caption.

    Args:
        signature: the `explain` signature.
        test: images and their references.
        num_examples: number of images; each is captioned once per severity of every perturbation.

    Returns:
        For each perturbation its results, one per severity.

    Raises:
        ValueError: if an image cannot be decoded.
    """
    check_images(test, num_examples)
    images = [decode_image(encoded).numpy() for encoded in test.images.take(num_examples)]
    evaluate = quality_and_attention(signature, test)
    perturbations = default_perturbations(images)
    return {
        name: measure_robustness(evaluate, images, perturbation)
        for name, perturbation in perturbations.items()
    }


def default_perturbations(pool: list[np.ndarray]) -> dict[str, Perturbation]:
    """Return noise, blur, occlusion, and clutter from the images of a pool."""
    return {"noise": image_noise, "blur": blur, "occlusion": occlusion, "clutter": clutter(pool)}


def quality_and_attention(
    signature: Signature, test: CaptionedImages
) -> Callable[[list[np.ndarray]], tuple[np.ndarray, list[np.ndarray]]]:
    """Build a function from images of a test set, perturbed or not, to CIDEr-D and attention map of each."""
    cider = Cider(test.references)

    def evaluate(images: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
        captions, maps = [], []
        for start in range(0, len(images), BATCH_SIZE):
            encoded = [tf.io.encode_png(image) for image in images[start : start + BATCH_SIZE]]
            outputs = signature(image=tf.stack(encoded))
            captions += [text.decode() for text in outputs["text"].numpy()]
            maps += [attention.sum(axis=0).ravel() for attention in outputs["attention"].numpy()]
        return np.array(cider(captions, test.references[: len(images)])), maps

    return evaluate
