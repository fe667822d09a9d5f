"""Loader of captioned images: TFDS sets and local files."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf
import tensorflow_datasets as tfds

from .columns import load_split, read_columns, require_examples
from .files.captioned_images import is_captioned_file, read_captions
from .preparation import prepared_builder

# TFDS splits of the standard splits; those of coco_captions are Karpathy's, whose train includes restval.
SPLIT_ALIASES = {"coco_captions": {"train": "train+restval", "validation": "val"}}
EXPECTED = (
    "scenes, flickr8k, the name of a TFDS set, a folder of images or a captions file (.json, .csv, .txt)"
)
AnnotationTable = dict[str, npt.NDArray]
"""Annotations of one image: columns of equal length by their names."""


@dataclass(frozen=True)
class CaptionedImages:
    """Images and their captions, with gold objects and phrases where there are any.

    Attributes:
        images: the encoded images, scalar strings, in the order of `references`. Every pass reads them
            anew, so that a large set need not fit into memory.
        references: the captions of each image.
        objects: for each image, a table with one column per attribute of its objects. `bbox`, shape
            `(objects, 4)`, is top, left, bottom, right as fractions of the image size. Class labels
            are names.
        phrases: for each image, a table with one row per object that a noun phrase refers to.
            `caption` is an index of `references[i]`, `start` and `end` are the bytes of the phrase in
            that caption, `object` is a row of `objects[i]`.
        names: the paths of the images, where they are files.
    """

    images: tf.data.Dataset
    references: list[list[str]]
    objects: list[AnnotationTable] | None = None
    phrases: list[AnnotationTable] | None = None
    names: list[str] | None = None

    def __len__(self) -> int:
        return len(self.references)

    def name_of(self, index: int) -> str:
        """Return the path of an image, or its index where it is not a file, for messages."""
        return self.names[index] if self.names else f"image {index}"


class CaptionFeatures(NamedTuple):
    """Features of a TFDS set that hold the image, its captions and its annotation tables."""

    image: str
    captions: str  # `outer/inner` where a caption has several features
    tables: list[str]


def load_captioning(
    data: str = "scenes", split: str = "train", data_dir: str | None = None, manual_dir: str | None = None
) -> CaptionedImages:
    """Load one split of captioned images.

    Args:
        data: `scenes`; `flickr8k`; `coco_captions` (Karpathy's splits: train includes restval); the
            name of any TFDS set with an image and captions; or a local folder or captions file, see
            `files.captioned_images.read_captions`.
        split: the name of a split; for a TFDS set also a slice of one, `train[:10%]`.
        data_dir: the folder of prepared TFDS sets.
        manual_dir: a folder of local archives, for a TFDS set that cannot be downloaded.

    Returns:
        A `CaptionedImages`.

    Raises:
        ValueError: an unknown set or split, a set without an image or captions, a malformed file, or
            an empty split.
        FileNotFoundError: files that are neither local nor reachable.

    Example:
        >>> import pathlib, tempfile
        >>> from foveal.datasets import load_captioning
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> png = tf.io.encode_png(np.zeros((2, 3, 3), np.uint8)).numpy()
        >>> _ = (folder / "night.png").write_bytes(png)
        >>> _ = (folder / "captions.csv").write_text("image,caption,split\\nnight.png,It is dark.,test")
        >>> test = load_captioning(str(folder), "test")
        >>> test.references
        [['It is dark.']]
        >>> [tf.io.decode_image(image).shape for image in test.images]
        [TensorShape([2, 3, 3])]
    """
    if is_captioned_file(data):
        loaded = _read_files(data, split)
    else:
        builder, features = prepared_builder(
            data,
            data_dir,
            manual_dir,
            pipeline="captioning",
            expected=EXPECTED,
            find_features=_find_features,
        )
        loaded = _read(builder, SPLIT_ALIASES.get(data, {}).get(split, split), features)
    require_examples(loaded, data, split)
    return loaded


def _read_files(data: str, split: str) -> CaptionedImages:
    paths, references = read_captions(data, split)
    names = [str(path) for path in paths]
    images = tf.data.Dataset.from_tensor_slices(tf.constant(names, tf.string)).map(tf.io.read_file)
    return CaptionedImages(images, references, names=names)


def _read(builder: tfds.core.DatasetBuilder, split: str, features: CaptionFeatures) -> CaptionedImages:
    examples = load_split(builder, split, decoders={features.image: tfds.decode.SkipDecoding()})
    columns = read_columns(examples, (features.captions.split("/")[0], *features.tables))
    tables = {name: _tables(columns, name, builder.info.features[name]) for name in features.tables}
    return CaptionedImages(
        examples.map(lambda example: example[features.image]),
        [[text.decode() for text in np.atleast_1d(captions)] for captions in columns[features.captions]],
        objects=tables.get("objects"),
        phrases=tables.get("phrases"),
    )


def _find_features(builder: tfds.core.DatasetBuilder) -> CaptionFeatures:
    """Find the features of the image, of its captions and of the annotation tables."""
    features = builder.info.features
    images = [name for name in features if isinstance(features[name], tfds.features.Image)]
    texts = {name: path for name in features if (path := _text_path(name, features[name]))}
    captions = [path for name, path in texts.items() if "caption" in name] or list(texts.values())
    if not images or len(captions) != 1:
        raise ValueError(
            "`data` must be a set with an Image and a caption feature. "
            f"Received: {builder.name} with features={features}"
        )
    tables = [name for name in ("objects", "phrases") if name in features and _is_table(features[name])]
    return CaptionFeatures(images[0], captions[0], tables)


def _text_path(name: str, feature: tfds.features.FeatureConnector) -> str | None:
    """Return the path of a text: the feature itself, its items, or `text` in its items."""
    inner = getattr(feature, "feature", feature)
    if isinstance(inner, tfds.features.Text):
        return name
    if isinstance(inner, tfds.features.FeaturesDict) and "text" in inner:
        return f"{name}/text"
    return None


def _is_table(feature: tfds.features.FeatureConnector) -> bool:
    return isinstance(getattr(feature, "feature", None), tfds.features.FeaturesDict)


def _tables(columns: dict[str, list], name: str, feature: tfds.features.Sequence) -> list[AnnotationTable]:
    """Return one table per example, with class names instead of class indices."""
    attributes = {attribute: columns[f"{name}/{attribute}"] for attribute in feature.feature}
    for attribute, kind in feature.feature.items():
        if isinstance(kind, tfds.features.ClassLabel):
            names = np.array(kind.names)
            attributes[attribute] = [names[labels] for labels in attributes[attribute]]
    rows = zip(*attributes.values(), strict=True)
    return [dict(zip(attributes, row, strict=True)) for row in rows]
