"""Image encoders by name: images to a grid of features."""

import sys
from collections.abc import Callable

import keras
from keras import layers

from ....datasets.downloads import is_reachable
from .efficientnet_lite import efficientnet_lite0

SMALL = "small"
WEIGHTS = "https://storage.googleapis.com/tensorflow/keras-applications/"


def build_encoder(name: str, image_size: int) -> keras.Model:
    """Build an image encoder.

    Args:
        name: `small`, with random weights; `efficientnet_lite0`, with the ImageNet weights of its package;
            or a name of `keras.applications`, such as `ResNet50`, whose weights are downloaded once.
        image_size: side of the square images, in pixels.

    Returns:
        A model `(batch, image_size, image_size, 3)` in 0 to 255 -> grid `(batch, rows, columns, channels)`.

    Raises:
        ValueError: if the name is unknown.
        FileNotFoundError: if weights must be downloaded and their host cannot be reached.
    """
    if name == SMALL:
        return small_encoder(image_size)
    if name == "efficientnet_lite0":
        return efficientnet_lite0(image_size)
    return application_encoder(name, image_size)


def small_encoder(image_size: int) -> keras.Model:
    """Build a small convolutional encoder for generated images: one cell per 16 pixels.

    Strides of 2 from the first layer on, which textures of a few pixels need; at stride 8 a residual block
    (He et al. 2016), then max pooling. Layer normalization keeps no batch statistics, so averaged weights
    need none.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, -1, name="scale")(image)
    x = layers.Conv2D(16, 5, 2, "same", activation="relu", name="edges")(x)
    x = _norm_relu(layers.Conv2D(48, 3, 2, "same", name="stem")(x))
    x = _norm_relu(layers.Conv2D(96, 3, 2, "same", name="down")(x))
    x = layers.Add(name="add")([x, _norm_relu(layers.Conv2D(96, 3, 1, "same", name="block")(x))])
    x = _norm_relu(layers.Conv2D(128, 3, 1, "same", name="shapes")(x))
    x = layers.MaxPooling2D(2, padding="same", name="pool")(x)
    x = layers.Add(name="mixed")([x, _norm_relu(layers.Conv2D(128, 1, 1, "same", name="mix")(x))])
    return keras.Model(image, x, name="small")


def application_encoder(name: str, image_size: int, weights: str | None = "imagenet") -> keras.Model:
    """Build a network of `keras.applications` without its classifier, with its input preprocessing.

    Raises:
        ValueError: if `keras.applications` has no such network.
        FileNotFoundError: if the weights cannot be downloaded.
    """
    builder: Callable[..., keras.Model] | None = getattr(keras.applications, name, None)
    if not callable(builder):
        names = sorted(n for n in dir(keras.applications) if n[0].isupper())
        raise ValueError(
            "`encoder` must be small, efficientnet_lite0 or a name of keras.applications "
            f"({', '.join(names)}). Received: encoder={name!r}"
        )
    if weights and not is_reachable(WEIGHTS):
        raise FileNotFoundError(
            f"The weights of {name} are downloaded from {WEIGHTS}, which cannot be reached. "
            "Run with `--encoder efficientnet_lite0`, which needs no download."
        )
    image = keras.Input((image_size, image_size, 3), name="image")
    scaled = sys.modules[builder.__module__].preprocess_input(image)
    network: keras.Model = builder(
        include_top=False, weights=weights, input_shape=(image_size, image_size, 3)
    )
    return keras.Model(image, network(scaled), name=name.lower())


def _norm_relu(x: keras.KerasTensor) -> keras.KerasTensor:
    return layers.ReLU()(layers.LayerNormalization()(x))
