"""The TFDS builder of `scenes`."""

from io import BytesIO

import numpy as np
import tensorflow as tf
import tensorflow_datasets as tfds

from .corpus import CAPTIONS, Scene, splits
from .rendering import render_scene
from .scene_objects import IMAGE_SIZE, SceneObject
from .vocabulary import COLOURS, SHAPES, SIZE_RANGES, TEXTURES

DESCRIPTION = """
Drawn pictures of two to six objects on cluttered backgrounds, some partly hidden, each with five
captions that tell of attributes, relations and counts; with the box of every object, and for every
noun phrase the objects that it names. `test` holds unseen pictures; `test_compositions` unseen
combinations of colour and shape, of texture and shape, and of a relation and two shapes, a third each.
"""
QUALITY = 95  # of the JPEG files; colours are kept at full resolution


class Scenes(tfds.core.GeneratorBasedBuilder):
    """Drawn pictures with captions, gold boxes, and what each noun phrase names.

    `objects` stand from back to front. `bbox` is of what is seen of an object, in shares of the
    picture's sides, `visible` the seen share of it, `hidden_by` the index of the object that hides
    the rest (-1: none). `phrases` has a row for every object that a noun phrase names: the
    caption's index, the phrase's bytes from `start` to before `end`, and the object's index.

    Example:

    >>> import tensorflow_datasets as tfds
    >>> import foveal.datasets
    >>> tfds.builder("scenes").info.features["image"].shape
    (128, 128, 3)
    """

    VERSION = tfds.core.Version("1.1.0")
    RELEASE_NOTES = {
        "1.1.0": "Places and relations are said only where they hold clearly.",
        "1.0.0": "First release.",
    }

    def _info(self) -> tfds.core.DatasetInfo:
        label = tfds.features.ClassLabel
        return tfds.core.DatasetInfo(
            builder=self,
            description=DESCRIPTION,
            features=tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(shape=(IMAGE_SIZE, IMAGE_SIZE, 3), encoding_format="jpeg"),
                    "captions": tfds.features.Sequence(tfds.features.Text(), length=CAPTIONS),
                    "objects": tfds.features.Sequence(
                        {
                            "bbox": tfds.features.BBoxFeature(),
                            "shape": label(names=list(SHAPES)),
                            "colour": label(names=list(COLOURS)),
                            "size": label(names=list(SIZE_RANGES)),
                            "texture": label(names=list(TEXTURES)),
                            "visible": np.float32,
                            "hidden_by": np.int32,
                        }
                    ),
                    "phrases": tfds.features.Sequence(
                        dict.fromkeys(("caption", "start", "end", "object"), np.int32)
                    ),
                }
            ),
            supervised_keys=("image", "captions"),
            disable_shuffling=True,  # they were drawn at random
        )

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing is downloaded
        return {name: self._generate_examples(scenes) for name, scenes in splits().items()}

    def _generate_examples(self, scenes: list[Scene]):
        return enumerate(map(example, scenes))


def example(scene: Scene) -> dict:
    """The features of one picture."""
    pixels = render_scene(scene.placed, scene.seed)
    jpeg = tf.io.encode_jpeg(pixels, quality=QUALITY, chroma_downsampling=False)
    return {
        "image": BytesIO(jpeg.numpy()),
        "captions": [caption.text for caption in scene.captions],
        "objects": [_object(item) for item in scene.items],
        "phrases": [
            {"caption": index, "start": phrase.start, "end": phrase.end, "object": named}
            for index, caption in enumerate(scene.captions)
            for phrase in caption.phrases
            for named in phrase.objects
        ],
    }


def _object(item: SceneObject) -> dict:
    ymin, xmin, ymax, xmax = (edge / IMAGE_SIZE for edge in item.box)
    attributes = item._asdict()
    del attributes["box"]
    return {**attributes, "bbox": tfds.features.BBox(ymin, xmin, ymax, xmax)}
