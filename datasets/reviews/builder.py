"""The TFDS builder of `reviews`."""

import numpy as np
import tensorflow_datasets as tfds

from .constructions import PHENOMENA
from .corpus import LabelledReview, splits

DESCRIPTION = """
English reviews of eight kinds of things, written by a grammar, each negative or positive, with gold
rationales: the bytes that decide. No single word does: negation, concession, irony, opinions of
others, expectations, comparisons and sentences about something else turn the polarity of words
around or make it irrelevant, as often for good words as for bad ones. `test` holds unseen reviews;
`test_compositions` unseen combinations of word and aspect, of domain and construction, and of
constructions.
"""


class Reviews(tfds.core.GeneratorBasedBuilder):
    """Generated English reviews with gold rationales.

    `rationales` and `sentences`, shape `(spans, 2)`, say from which to which UTF-8 byte of `text`
    each goes; `phenomena` which devices of language are in the review.

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
        return tfds.core.DatasetInfo(
            builder=self,
            description=DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "text": tfds.features.Text(),
                    "label": tfds.features.ClassLabel(names=["negative", "positive"]),
                    "rationales": spans,
                    "sentences": spans,
                    "phenomena": tfds.features.Sequence(tfds.features.ClassLabel(names=PHENOMENA)),
                }
            ),
            supervised_keys=("text", "label"),
            disable_shuffling=True,  # they were drawn at random
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing is downloaded
        return {name: self._generate_examples(reviews) for name, reviews in splits().items()}

    def _generate_examples(self, reviews: list[LabelledReview]):
        for key, review in enumerate(reviews):
            yield key, example(review)


def example(review: LabelledReview) -> dict:
    """The features of one review."""
    return {
        "text": review.text,
        "label": "positive" if review.positive else "negative",
        "rationales": np.array(review.rationales, np.int32),
        "sentences": np.array(review.sentences, np.int32),
        "phenomena": review.phenomena,
    }
