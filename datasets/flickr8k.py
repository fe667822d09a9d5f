"""TFDS builder of Flickr8k: photographs with five captions each (Hodosh et al. 2013)."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import Any

import tensorflow_datasets as tfds

URL = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
PHOTOS, TEXTS = "Flickr8k_Dataset.zip", "Flickr8k_text.zip"
TOKENS = "Flickr8k.token.txt"  # the captions, in the archive of texts
SPLITS = {
    "train": "Flickr_8k.trainImages.txt",
    "validation": "Flickr_8k.devImages.txt",
    "test": "Flickr_8k.testImages.txt",
}
CITATION = """
@article{hodosh-etal-2013-framing,
  title = {Framing Image Description as a Ranking Task: Data, Models and Evaluation Metrics},
  author = {Hodosh, Micah and Young, Peter and Hockenmaier, Julia},
  journal = {Journal of Artificial Intelligence Research},
  volume = {47},
  year = {2013},
}
"""


class Flickr8k(tfds.core.GeneratorBasedBuilder):
    """Flickr8k with its official splits: 6,000, 1,000 and 1,000 photographs.

    The checksums of the archives are not published, so that any content is accepted.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import foveal.datasets
        >>> list(tfds.builder("flickr8k").info.features)
        ['image', 'captions', 'name']

    Reference:
        Hodosh et al. 2013, "Framing Image Description as a Ranking Task".
    """

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    def _info(self) -> tfds.core.DatasetInfo:
        return tfds.core.DatasetInfo(
            builder=self,
            description="Photographs of people and animals in action, each with five captions.",
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(encoding_format="jpeg"),
                    "captions": tfds.features.Sequence(tfds.features.Text()),
                    "name": tfds.features.Text(),
                }
            ),
            supervised_keys=("image", "captions"),
            homepage="https://hockenmaier.cs.illinois.edu/8k-pictures.html",
            citation=CITATION,
            disable_shuffling=True,  # the n-th example is the n-th line of the split's list
        )

    def _split_generators(self, dl_manager: tfds.download.DownloadManager) -> dict[str, Iterator]:
        # Not extracted: the photographs would lie on the disk twice.
        paths = dl_manager.download({name: URL + name for name in (PHOTOS, TEXTS)})
        texts, captions = _read_texts(paths[TEXTS])
        return {
            split: self._generate_examples(paths[PHOTOS], texts[name].split(), captions)
            for split, name in SPLITS.items()
        }

    def _generate_examples(
        self, photos: Path, names: list[str], captions: dict[str, list[str]]
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        with _open_zip(photos) as archive:
            # macOS adds other files of the same names at the end: the first of a name counts.
            members = {PurePosixPath(member).name: member for member in reversed(archive.namelist())}
            for name in names:
                if name not in members or name not in captions:
                    missing = "photograph" if name not in members else "caption"
                    raise ValueError(
                        f"`manual_dir` must contain complete archives. Received: {photos} without a "
                        f"{missing} of {name}"
                    )
                image = BytesIO(archive.read(members[name]))
                yield name, {"image": image, "captions": captions[name], "name": name}


def _read_texts(path: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Read the text files by name, and the captions of every photograph in their order."""
    with _open_zip(path) as archive:
        texts = {
            PurePosixPath(name).name: archive.read(name).decode() for name in reversed(archive.namelist())
        }
    missing = [name for name in (TOKENS, *SPLITS.values()) if name not in texts]
    if missing:
        raise ValueError(
            f"`manual_dir` must contain complete archives. Received: {path} without {', '.join(missing)}, "
            f"with {', '.join(texts) or 'no files'}"
        )
    captions: dict[str, list[str]] = {}
    for line in texts[TOKENS].splitlines():
        image, _, caption = line.partition("\t")
        captions.setdefault(image.partition("#")[0], []).append(caption.strip())
    return texts, captions


def _open_zip(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(
            f"`manual_dir` must contain complete zip archives. Received: {path} ({error})"
        ) from error
