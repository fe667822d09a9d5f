"""Networks that turn a picture into a grid of features, by name."""

import sys
from typing import Any

import keras
from keras import layers

from ....datasets.downloads import is_reachable
from .efficientnet_lite import efficientnet_lite0

SMALL = "small"
WEIGHTS = "https://storage.googleapis.com/tensorflow/keras-applications/"


def build_encoder(name: str, image_size: int) -> keras.Model:
    """A network `(batch, image_size, image_size, 3)` in 0 to 255 -> grid `(batch, rows, columns, channels)`.

    Args:
        name: `small`, with random weights; `efficientnet_lite0`, with those that its package carries;
            or a name of `keras.applications`, such as `ResNet50`, whose weights are downloaded once.
        image_size: of the pictures, in pixels.

    Raises:
        ValueError: for a name that is none of these.
        FileNotFoundError: where weights have to be downloaded and cannot be.
    """
    if name == SMALL:
        return small_encoder(image_size)
    if name == "efficientnet_lite0":
        return efficientnet_lite0(image_size)
    return application(name, image_size)


def small_encoder(image_size: int) -> keras.Model:
    """A convolutional network for drawn pictures: one cell for every 16 pixels.

    Shapes are found eight pixels apart, with residual blocks (He et al. 2016), and the largest of four
    neighbours is kept: an object is the same a few pixels on. Layer normalization knows no batch, so that
    averaged weights need no statistics of their own.
    """
    image = keras.Input((image_size, image_size, 3), name="image")
    x = layers.Rescaling(1 / 128, -1, name="scale")(image)
    x = _active(layers.Conv2D(48, 7, 4, "same", name="stem")(x))
    x = _active(layers.Conv2D(96, 3, 2, "same", name="down")(x))
    x = layers.Add(name="add")([x, _active(layers.Conv2D(96, 3, 1, "same", name="block")(x))])
    x = _active(layers.Conv2D(128, 3, 1, "same", name="shapes")(x))
    x = layers.MaxPooling2D(2, padding="same", name="pool")(x)
    x = layers.Add(name="mixed")([x, _active(layers.Conv2D(128, 1, 1, "same", name="mix")(x))])
    return keras.Model(image, x, name="small")


def application(name: str, image_size: int, weights: str | None = "imagenet") -> keras.Model:
    """A network of `keras.applications` without its classifier, and what it wants done to its input."""
    builder: Any = getattr(keras.applications, name, None)
    if not callable(builder):
        known = sorted(n for n in dir(keras.applications) if n[0].isupper())
        raise ValueError(
            f"expected an encoder named small, efficientnet_lite0 or one of keras.applications "
            f"({', '.join(known)}); received {name!r}"
        )
    if weights and not is_reachable(WEIGHTS):
        raise FileNotFoundError(
            f"the weights of {name} come from {WEIGHTS}, which cannot be reached. "
            "`efficientnet_lite0` needs no download"
        )
    image = keras.Input((image_size, image_size, 3), name="image")
    scaled = sys.modules[builder.__module__].preprocess_input(image)
    network: Any = builder(include_top=False, weights=weights, input_shape=(image_size, image_size, 3))
    return keras.Model(image, network(scaled), name=name.lower())


def _active(x: Any) -> Any:
    return layers.ReLU()(layers.LayerNormalization()(x))
