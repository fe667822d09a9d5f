"""The TFDS builder of Flickr8k: photographs with five captions each."""

import zipfile
from io import BytesIO
from pathlib import PurePosixPath

import tensorflow_datasets as tfds
from tensorflow_datasets.core.download.checksums import UrlInfo
from tensorflow_datasets.core.utils import Size

URL = "https://github.com/jbrownlee/Datasets/releases/download/Flickr8k/"
PHOTOS, TEXTS = "Flickr8k_Dataset.zip", "Flickr8k_text.zip"
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


class UncheckedUrlInfo(UrlInfo):
    """A file whose checksum is not published where it lies: any content passes for it."""

    def __eq__(self, other):
        return isinstance(other, UrlInfo)

    __hash__ = UrlInfo.__hash__


class Flickr8k(tfds.core.GeneratorBasedBuilder):
    """Flickr8k with its official splits: 6,000, 1,000 and 1,000 photographs (Hodosh et al. 2013)."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "First release."}

    @property
    def url_infos(self) -> dict[str, UrlInfo]:
        """The two archives."""
        return {URL + name: UncheckedUrlInfo(Size(0), "", name) for name in (PHOTOS, TEXTS)}

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

    def _split_generators(self, dl_manager):
        # Read as they are: extracted, the photographs would lie on the disk twice.
        paths = dl_manager.download({name: URL + name for name in (PHOTOS, TEXTS)})
        texts, captions = _read_texts(paths[TEXTS])
        return {
            split: self._generate_examples(paths[PHOTOS], texts[name].split(), captions)
            for split, name in SPLITS.items()
        }

    def _generate_examples(self, photos, names: list[str], captions: dict[str, list[str]]):
        with _opened(photos) as archive:
            members = {PurePosixPath(member).name: member for member in reversed(archive.namelist())}
            for name in names:
                if name not in members or name not in captions:
                    missing = "photograph" if name not in members else "caption"
                    raise ValueError(f"Expected a {missing} of {name} in {photos}, there is none.")
                image = BytesIO(archive.read(members[name]))
                yield name, {"image": image, "captions": captions[name], "name": name}


def _read_texts(path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The text files by name, and the captions of every photograph in their order."""
    with _opened(path) as archive:
        texts = {
            PurePosixPath(name).name: archive.read(name).decode() for name in reversed(archive.namelist())
        }
    absent = [name for name in ("Flickr8k.token.txt", *SPLITS.values()) if name not in texts]
    if absent:
        raise ValueError(f"Expected {', '.join(absent)} in {path}, it holds {', '.join(texts) or 'nothing'}.")
    captions: dict[str, list[str]] = {}
    for line in texts["Flickr8k.token.txt"].splitlines():
        place, _, caption = line.partition("\t")
        captions.setdefault(place.partition("#")[0], []).append(caption.strip())
    return texts, captions


def _opened(path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(f"Expected a whole zip archive, received {path}: {error}") from error
