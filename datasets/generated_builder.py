"""Base class of the TFDS builders that generate their examples."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import tensorflow_datasets as tfds


class GeneratedBuilder(tfds.core.GeneratorBasedBuilder):
    """TFDS builder whose examples come from a seeded generator; it downloads nothing.

    A subclass defines `_info` (with `_generated_info`), `_splits` and `_example`.
    """

    @abstractmethod
    def _splits(self) -> Mapping[str, Sequence[Any]]:
        """Generate the items of every split."""

    @abstractmethod
    def _example(self, item: Any) -> dict[str, Any]:
        """Convert one generated item into the features of an example."""

    def _generated_info(
        self, description: str, features: Mapping[str, Any], supervised_keys: tuple[str, str]
    ) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description=description,
            features=tfds.features.FeaturesDict(features),
            supervised_keys=supervised_keys,
            disable_shuffling=True,  # the items are random already
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        del dl_manager  # nothing is downloaded
        return {name: self._generate_examples(items) for name, items in self._splits().items()}

    def _generate_examples(self, items: Sequence[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
        return enumerate(map(self._example, items))
