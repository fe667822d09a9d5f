"""TFDS builder of `phrases`."""

from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from ..generated_builder import GeneratedBuilder
from .corpus import SentencePair, splits

DESCRIPTION = """
English and European Portuguese sentences from a synchronous grammar, with gold word alignments.
Every English sentence has exactly one translation. It depends on agreement, word order,
contractions, clitic pronouns and their position, and word senses: a bag of words does not determine
it. `test` holds unseen sentences. `test_compositions` holds unseen combinations of adjective and
noun, of verb and object, and of constructions.
"""


class Phrases(GeneratedBuilder):
    """TFDS builder of generated English-Portuguese sentence pairs with gold word alignments.

    Features:

    * `en`, `pt`: the sentences.
    * `en_spans`, `pt_spans`, shape `(words, 2)`: start and end byte of each word.
    * `alignment`, shape `(links, 2)`: index of the English and of the Portuguese word of each link.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import foveal.datasets
        >>> tfds.builder("phrases").info.features["alignment"].shape
        (None, 2)
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _info(self) -> tfds.core.DatasetInfo:
        index_pairs = tfds.features.Tensor(shape=(None, 2), dtype=np.int32)
        features = {
            "en": tfds.features.Text(),
            "pt": tfds.features.Text(),
            "en_spans": index_pairs,
            "pt_spans": index_pairs,
            "alignment": index_pairs,
        }
        return self._generated_info(DESCRIPTION, features, ("en", "pt"))

    def _splits(self) -> dict[str, list[SentencePair]]:
        return splits()

    def _example(self, item: SentencePair) -> dict[str, Any]:
        return example(item)


def example(pair: SentencePair) -> dict[str, Any]:
    """Return the features of one sentence pair, see `Phrases`."""
    return {
        "en": pair.en.text,
        "pt": pair.pt.text,
        "en_spans": np.array(pair.en.spans, np.int32),
        "pt_spans": np.array(pair.pt.spans, np.int32),
        "alignment": np.array(pair.alignment, np.int32),
    }
