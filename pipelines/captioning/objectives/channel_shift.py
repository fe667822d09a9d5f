"""Images with shifted colour channels: shape and texture are learned apart from colour.

A model that has never seen an orange circle takes one for another orange shape. Some training images get
their colour channels in another order. The colours of their objects are wrong then and are not trained on;
the other labels are.
"""

from collections.abc import Sequence

import tensorflow as tf

from .object_loss import NO_OBJECT

RATE = 0.3  # share of the images
COLOUR = "colour"  # the label that a shift changes


def shift_channels(images: tf.Tensor, seed: tf.Tensor, rate: float = RATE) -> tuple[tf.Tensor, tf.Tensor]:
    """Shift the colour channels of a share of the images cyclically.

    Args:
        images: `(batch, height, width, 3)`.
        seed: int32 scalar; the same seed shifts the same images.
        rate: share of the images.

    Returns:
        The images, and a mask `(batch,)` of those that were shifted.
    """
    draws = tf.random.stateless_uniform([2, tf.shape(images)[0]], [seed, 0])
    is_shifted = draws[0] < rate
    is_first = draws[1] < 0.5
    by_one, by_two = is_shifted & is_first, is_shifted & ~is_first
    shifted = images
    for is_chosen, shift in ((by_one, 1), (by_two, 2)):
        shifted = tf.where(is_chosen[:, None, None, None], tf.roll(images, shift, axis=-1), shifted)
    return shifted, is_shifted


def hide_colours(labels: tf.Tensor, kinds: Sequence[str], is_shifted: tf.Tensor) -> tf.Tensor:
    """Remove the colours of the objects of shifted images.

    Args:
        labels: `(batch, rows, columns, kinds)`, see `cell_labels`.
        kinds: names of the kinds of labels, in their order.
        is_shifted: `(batch,)`.

    Returns:
        Labels that are `NO_OBJECT` where the colour is unknown.
    """
    is_colour = tf.constant([kind == COLOUR for kind in kinds])
    return tf.where(is_shifted[:, None, None, None] & is_colour, NO_OBJECT, labels)
