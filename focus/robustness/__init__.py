"""Robustness of predictions and attention to perturbed inputs."""

from .image_perturbations import blur, clutter, image_noise, occlusion
from .perturbation import Perturbation, Perturbed
from .text_perturbations import (
    character_noise,
    distractors,
    word_dropout,
    word_offsets,
    word_swaps,
)

__all__ = [
    "Perturbation",
    "Perturbed",
    "blur",
    "character_noise",
    "clutter",
    "distractors",
    "image_noise",
    "occlusion",
    "word_dropout",
    "word_offsets",
    "word_swaps",
]
