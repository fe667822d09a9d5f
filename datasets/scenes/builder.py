"""TFDS builder of `scenes`."""

from io import BytesIO
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from ..generated_builder import GeneratedBuilder
from .corpus import CAPTIONS, Scene, splits
from .rendering import render_scene
from .scene_objects import IMAGE_SIZE, SceneObject
from .vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES

DESCRIPTION = """
Rendered images of two to six objects on cluttered backgrounds, some partly occluded, each with five
captions about attributes, relations and counts, with the bounding box of every object and the
objects of every noun phrase. `test` holds unseen images. `test_compositions` holds unseen
combinations of colour and shape, of texture and shape, and of a relation and two shapes, a third
each.
"""
QUALITY = 95  # of the JPEG files; without chroma subsampling


class Scenes(GeneratedBuilder):
    """TFDS builder of rendered images with captions, gold boxes and phrase grounding.

    Features:

    * `image`, shape `(128, 128, 3)`, and five `captions`.
    * `objects`, from back to front. `bbox` is the box of the visible part, in fractions of the image;
      `visible` is the visible fraction of the area; `hidden_by` is the index of the occluding object,
      or -1.
    * `phrases`, one row for each object of a noun phrase: the index of the caption, the `start` and
      `end` byte of the noun phrase, and the index of the object.

    Example:
        >>> import tensorflow_datasets as tfds
        >>> import foveal.datasets
        >>> tfds.builder("scenes").info.features["image"].shape
        (128, 128, 3)
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {
        "1.1.0": "Captions state regions and relations only where they hold clearly.",
        "1.0.0": "First release.",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        label = tfds.features.ClassLabel
        objects = {
            "bbox": tfds.features.BBoxFeature(),
            "shape": label(names=list(SHAPES)),
            "colour": label(names=list(COLOURS)),
            "size": label(names=list(SIZE_RANGES)),
            "texture": label(names=list(TEXTURES)),
            "visible": np.float32,
            "hidden_by": np.int32,
        }
        phrases = dict.fromkeys(("caption", "start", "end", "object"), np.int32)
        features = {
            "image": tfds.features.Image(shape=(IMAGE_SIZE, IMAGE_SIZE, 3), encoding_format="jpeg"),
            "captions": tfds.features.Sequence(tfds.features.Text(), length=CAPTIONS),
            "objects": tfds.features.Sequence(objects),
            "phrases": tfds.features.Sequence(phrases),
        }
        return self._generated_info(DESCRIPTION, features, ("image", "captions"))

    def _splits(self) -> dict[str, list[Scene]]:
        return splits()

    def _example(self, item: Scene) -> dict[str, Any]:
        return example(item)


def example(scene: Scene) -> dict[str, Any]:
    """Render an image and return its features, see `Scenes`."""
    pixels = render_scene(scene.sprites, scene.seed)
    jpeg = tf.io.encode_jpeg(pixels, quality=QUALITY, chroma_downsampling=False)
    return {
        "image": BytesIO(jpeg.numpy()),
        "captions": [caption.text for caption in scene.captions],
        "objects": [_object_features(scene_object) for scene_object in scene.objects],
        "phrases": [
            {"caption": caption_index, "start": phrase.start, "end": phrase.end, "object": object_index}
            for caption_index, caption in enumerate(scene.captions)
            for phrase in caption.phrases
            for object_index in phrase.objects
        ],
    }


def _object_features(scene_object: SceneObject) -> dict[str, Any]:
    ymin, xmin, ymax, xmax = (edge / IMAGE_SIZE for edge in scene_object.box)
    attributes = scene_object._asdict()
    del attributes["box"]
    return {**attributes, "bbox": tfds.features.BBox(ymin, xmin, ymax, xmax)}
