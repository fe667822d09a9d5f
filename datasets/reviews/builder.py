"""TFDS builder of `reviews`."""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from ..generated_builder import GeneratedBuilder
from .constructions import PHENOMENA
from .corpus import LabelledReview, splits

DESCRIPTION = """
English reviews from eight domains, written by a grammar, each negative or positive, with gold
rationales: the bytes that determine the label. No single word does: negation, concession, irony,
quoted opinions, expectations, comparisons and sentences about something else reverse the polarity
of words or make it irrelevant, as often for positive words as for negative ones. `test` holds
unseen reviews. `test_compositions` holds unseen combinations of word and aspect, of domain and
construction, and of constructions.
"""


class Reviews(GeneratedBuilder):
    """TFDS builder of generated English reviews with gold rationales.

    Features:

    * `text`, `label`: the review and its sentiment, negative or positive.
    * `rationales`, `sentences`, shape `(spans, 2)`: start and end UTF-8 byte of each span.
    * `phenomena`: the linguistic phenomena in the review.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import foveal.datasets
        >>> tfds.builder("reviews").info.features["rationales"].shape
        (None, 2)
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _info(self) -> tfds.core.DatasetInfo:
        spans = tfds.features.Tensor(shape=(None, 2), dtype=np.int32)
        features = {
            "text": tfds.features.Text(),
            "label": tfds.features.ClassLabel(names=["negative", "positive"]),
            "rationales": spans,
            "sentences": spans,
            "phenomena": tfds.features.Sequence(tfds.features.ClassLabel(names=PHENOMENA)),
        }
        return self._generated_info(DESCRIPTION, features, ("text", "label"))

    def _splits(self) -> dict[str, list[LabelledReview]]:
        return splits()

    def _example(self, item: LabelledReview) -> dict[str, Any]:
        return example(item)


def example(review: LabelledReview) -> dict[str, Any]:
    """Return the features of one review, see `Reviews`."""
    return {
        "text": review.text,
        "label": "positive" if review.positive else "negative",
        "rationales": np.array(review.rationales, np.int32),
        "sentences": np.array(review.sentences, np.int32),
        "phenomena": review.phenomena,
    }
