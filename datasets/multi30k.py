"""TFDS builder of Multi30k: image captions in English, German and French (Elliott et al. 2016)."""

from collections.abc import Iterator
from pathlib import Path

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.utils import Size

from .columns import require_examples
from .files.lines import check_equal_lengths, read_lines

URL = "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/"
CITATION = """
@inproceedings{elliott-etal-2016-multi30k,
  title = {Multi30K: Multilingual English-German Image Descriptions},
  author = {Elliott, Desmond and Frank, Stella and Sima'an, Khalil and Specia, Lucia},
  booktitle = {Proceedings of the 5th Workshop on Vision and Language},
  year = {2016},
}
"""
SPLITS = {"train": "train", "validation": "val", "test": "test_2016_flickr"}

# The size in bytes and the SHA-256 of upstream's files.
FILES = {
    "train.en.gz": (568929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
    "train.de.gz": (637044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
    "train.fr.gz": (604242, "622e75069e9f4c577425c4f277116ce66e63a2401c0a2312d90073cb12379a3c"),
    "val.en.gz": (21650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
    "val.de.gz": (24681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
    "val.fr.gz": (23001, "ca3106f1a72390591d25f6c45cb4cd39dec4cd3f123e099748a3ce5256c160e9"),
    "test_2016_flickr.en.gz": (
        21077,
        "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    ),
    "test_2016_flickr.de.gz": (
        22890,
        "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    ),
    "test_2016_flickr.fr.gz": (
        22310,
        "6d326e188d259fb1d04ac19eae3af956559b3a0b93d7635e56c90987c40c8b90",
    ),
}


class Multi30k(tfds.core.GeneratorBasedBuilder):
    """Multi30k, task 1, raw text, in two configurations: `multi30k/en_de` and `multi30k/en_fr`.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import foveal.datasets
        >>> tfds.builder("multi30k/en_de").info.features.languages
        ['de', 'en']

    Reference:
        Elliott et al. 2016, "Multi30K: Multilingual English-German Image Descriptions".
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}
    BUILDER_CONFIGS = [
        tfds.core.BuilderConfig(name=f"en_{language}", description=f"English and {name}.")
        for language, name in (("de", "German"), ("fr", "French"))
    ]

    @property
    def url_infos(self) -> dict[str, UrlInfo]:
        """Registered files of the language pair: size, checksum and file name of each URL."""
        return {
            URL + name: UrlInfo(Size(size), sha256, name)
            for name, (size, sha256) in FILES.items()
            if name.split(".")[1] in self.builder_config.name.split("_")
        }

    def _info(self) -> tfds.core.DatasetInfo:
        languages = self.builder_config.name.split("_")
        return tfds.core.DatasetInfo(
            builder=self,
            description="Image captions in English with their human translations.",
            features=tfds.features.Translation(languages),
            supervised_keys=tuple(languages),
            homepage="https://github.com/multi30k/dataset",
            citation=CITATION,
            disable_shuffling=True,  # the n-th example is the n-th line of the files
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        languages = self.builder_config.name.split("_")
        # Not extracted: `read_lines` reads gzip files.
        paths = dl_manager.download(
            {
                split: {language: f"{URL}{stem}.{language}.gz" for language in languages}
                for split, stem in SPLITS.items()
            }
        )
        return {split: self._generate_examples(split, files) for split, files in paths.items()}

    def _generate_examples(self, split: str, files: dict[str, Path]) -> Iterator[tuple[int, dict[str, str]]]:
        columns = {language: read_lines(path) for language, path in files.items()}
        check_equal_lengths(columns, f"multi30k {split}")
        require_examples(next(iter(columns.values())), self.name, split)
        for number, pair in enumerate(zip(*columns.values(), strict=True)):
            yield number, dict(zip(columns, pair, strict=True))
