"""Texts and pictures that are made harder, in doses."""

from .images import blur, clutter, image_noise, occlusion
from .perturbed import Perturbation, Perturbed
from .texts import character_noise, distractors, word_dropout, word_offsets, word_swaps

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
