"""Robustness of predictions and attention to perturbed texts and images. Public."""

from .image_perturbations import blur, clutter, image_noise, occlusion
from .perturbation import Perturbation, Perturbed
from .robustness_curve import RobustnessResult, measure_robustness
from .text_perturbations import character_noise, distractors, unicode_noise, word_dropout, word_swaps

__all__ = [
    "Perturbation",
    "Perturbed",
    "RobustnessResult",
    "blur",
    "character_noise",
    "clutter",
    "distractors",
    "image_noise",
    "measure_robustness",
    "occlusion",
    "unicode_noise",
    "word_dropout",
    "word_swaps",
]
