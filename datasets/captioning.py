"""Pictures with captions, wherever they come from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from .columns import read_columns
from .files.captioned_images import is_captioned_file, read_captions
from .preparation import get_builder, prepare

# Splits that are called otherwise; of coco_captions those of Karpathy, who trains on restval too.
SPLIT_ALIASES = {"coco_captions": {"train": "train+restval", "validation": "val"}}
AnnotationTable = dict[str, np.ndarray]

EXPECTED = (
    "scenes, flickr8k, the name of a TFDS set, a folder of images or a captions file (.json, .csv, .txt)"
)


@dataclass(frozen=True)
class CaptionedImages:
    """Pictures and their captions, with gold objects and phrases where they are known.

    `images` gives the pictures one by one, encoded (a scalar string, JPEG or PNG), in the order of
    `references`; it is read anew in every pass, so that a large set need not fit into memory.
    `references[i]` are the captions of picture i. `objects[i]` has a column for each attribute of
    the objects in it: `bbox`, shape `(objects, 4)`, is top, left, bottom and right in shares of the
    picture's sides, labels are names. `phrases[i]` has a row for every object that a noun phrase
    names: `caption` is its place in `references[i]`, `start` and `end` say from which byte of it to
    which the phrase goes, `object` is a row of `objects[i]`.
    """

    images: tf.data.Dataset
    references: list[list[str]]
    objects: list[AnnotationTable] | None = None
    phrases: list[AnnotationTable] | None = None

    def __len__(self) -> int:
        return len(self.references)


def load_captioning(
    data: str = "scenes", split: str = "train", data_dir: str | None = None, manual_dir: str | None = None
) -> CaptionedImages:
    """Loads one split of any set of pictures with captions.

    Args:
        data: `scenes`; `flickr8k`; `coco_captions` (the splits of Karpathy: train is his train and
            restval); the name of any TFDS set with an image and captions; or a user's own folder or
            captions file, see `captioned_files.read_captions`.
        split: the name of a split; for a TFDS set also a slice of one, `train[:10%]`.
        data_dir: where TFDS keeps what it has prepared.
        manual_dir: a folder with archives placed by hand.

    Returns:
        A `CaptionedImages`.

    Raises:
        ValueError: unknown set or split, a set without an image or captions, a malformed file, an
            empty split.
        FileNotFoundError: files that are neither there nor can be fetched.

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
        paths, references = read_captions(data, split)
        names = tf.data.Dataset.from_tensor_slices(
            [str(path) for path in paths] or tf.constant([], tf.string)
        )
        loaded = CaptionedImages(names.map(tf.io.read_file), references)
    else:
        loaded = _read(
            get_builder(data, data_dir, EXPECTED), manual_dir, SPLIT_ALIASES.get(data, {}).get(split, split)
        )
    if not len(loaded):
        raise ValueError(f"Expected captions in split {split!r} of {data}, received none.")
    return loaded


def _read(builder: Any, manual_dir: str | None, split: str) -> CaptionedImages:
    image, captions = _places(builder)
    prepare(builder, manual_dir, "captioning")
    gold = [name for name in ("objects", "phrases") if _is_table(builder.info.features, name)]
    if not builder.info.splits[split].num_examples:
        return CaptionedImages(tf.data.Dataset.from_tensors(b"").take(0), [])
    examples = builder.as_dataset(
        split=split,
        decoders={image: tfds.decode.SkipDecoding()},
        read_config=tfds.ReadConfig(try_autocache=False),  # the pipelines keep what they need
    )
    wanted = (captions.split("/")[0], *gold)
    columns = read_columns(examples.map(lambda e: {name: e[name] for name in wanted}))
    return CaptionedImages(
        examples.map(lambda example: example[image]),
        [[text.decode() for text in np.atleast_1d(found)] for found in columns[captions]],
        **{name: _tables(columns, name, builder.info.features[name]) for name in gold},
    )


def _places(builder) -> tuple[str, str]:
    """Which features are the image and its captions; `outer/inner` where a caption has parts."""
    features = builder.info.features
    images = [name for name in features if isinstance(features[name], tfds.features.Image)]
    texts = {name: path for name in features if (path := _text(name, features[name]))}
    called = [path for name, path in texts.items() if "caption" in name] or list(texts.values())
    if len(images) == 0 or len(called) != 1:
        raise ValueError(
            f"Expected a set with an Image and a caption feature, {builder.name} has {features}."
        )
    return images[0], called[0]


def _text(name: str, feature) -> str | None:
    """Where the text of a feature is: on top, in a sequence, or as `text` in a sequence of parts."""
    inner = getattr(feature, "feature", feature)
    if isinstance(inner, tfds.features.Text):
        return name
    if isinstance(inner, tfds.features.FeaturesDict) and "text" in inner:
        return f"{name}/text"
    return None


def _is_table(features, name: str) -> bool:
    return name in features and isinstance(
        getattr(features[name], "feature", None), tfds.features.FeaturesDict
    )


def _tables(columns: dict[str, list], name: str, feature) -> list[AnnotationTable]:
    """One table for each example, with names in the place of labels."""
    parts = {part: columns[f"{name}/{part}"] for part in feature.feature}
    for part, kind in feature.feature.items():
        if isinstance(kind, tfds.features.ClassLabel):
            names = np.array(kind.names)
            parts[part] = [names[labels] for labels in parts[part]]
    return [dict(zip(parts, row, strict=True)) for row in zip(*parts.values(), strict=True)]
