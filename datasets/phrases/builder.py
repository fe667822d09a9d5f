"""The TFDS builder of `phrases`."""

import numpy as np
import tensorflow_datasets as tfds

from .corpus import Pair, splits

DESCRIPTION = """
English and European Portuguese sentences written by a synchronous grammar, with gold word
alignments. Every English sentence has exactly one translation, which takes agreement, word order,
contractions, pronouns and their place, and the senses of words: a bag of words cannot give it.
`test` holds unseen sentences; `test_compositions` unseen combinations of adjective and noun, of
verb and object, and of constructions.
"""


class Phrases(tfds.core.GeneratorBasedBuilder):
    """Generated English and Portuguese sentences with gold word alignments.

    Example:

    >>> import tensorflow_datasets as tfds
    >>> import foveal.datasets
    >>> tfds.builder("phrases").info.features["alignment"].shape
    (None, 2)
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _info(self) -> tfds.core.DatasetInfo:
        pairs = tfds.features.Tensor(shape=(None, 2), dtype=np.int32)
        return tfds.core.DatasetInfo(
            builder=self,
            description=DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "en": tfds.features.Text(),
                    "pt": tfds.features.Text(),
                    "en_spans": pairs,
                    "pt_spans": pairs,
                    "alignment": pairs,
                }
            ),
            supervised_keys=("en", "pt"),
            disable_shuffling=True,  # they were drawn at random
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing is downloaded
        return {name: self._generate_examples(pairs) for name, pairs in splits().items()}

    def _generate_examples(self, pairs: list[Pair]):
        for key, pair in enumerate(pairs):
            yield key, example(pair)


def example(pair: Pair) -> dict:
    """The features of one pair; spans say which bytes are words, the alignment (en, pt) which
    words translate which."""
    return {
        "en": pair.en.text,
        "pt": pair.pt.text,
        "en_spans": np.array(pair.en.spans, np.int32),
        "pt_spans": np.array(pair.pt.spans, np.int32),
        "alignment": np.array(pair.alignment, np.int32),
    }
