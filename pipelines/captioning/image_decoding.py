"""Pictures from bytes, in core TensorFlow operations: whatever the bytes are, there is an answer."""

import tensorflow as tf

MOST_PIXELS = 40_000_000  # of a picture that is decoded: a larger one is not read at all
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def read_images(encoded: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode pictures and resize each to a square; one that cannot be read harms no other.

    The size is read from the header before anything is decoded, so that a small file that unpacks to
    a huge picture costs nothing. What an alpha channel makes transparent is laid on white, 16 bits
    become 8, grey and CMYK become RGB. What is not a whole JPEG or PNG file of at most `MOST_PIXELS`
    is not valid.

    Args:
        encoded: `(batch,)` strings, JPEG or PNG.
        image_size: of the square, in pixels. The whole picture is in it, at another aspect ratio.

    Returns:
        The pixels `(batch, image_size, image_size, 3)`, uint8, zeros where a picture is not valid; the sizes
        `(batch, 2)`, int32, height and width as they were, then 0; and `(batch,)`, bool, which
        pictures are valid.
    """
    count = tf.shape(encoded)[0]
    places = tf.data.Dataset.from_tensor_slices((tf.range(count), encoded))
    read = places.map(lambda place, one: (place, *_read(one, image_size))).ignore_errors()
    spare = (count, tf.zeros([image_size, image_size, 3], tf.uint8), tf.zeros([2], tf.int32))
    read = read.concatenate(tf.data.Dataset.from_tensors(spare))  # so that there always is one
    place, pixels, sizes = read.batch(tf.cast(count, tf.int64) + 1).get_single_element()

    def put(rows):
        return tf.scatter_nd(place[:, None], rows, tf.concat([[count + 1], tf.shape(rows)[1:]], 0))[:-1]

    return put(pixels), put(sizes), put(tf.ones_like(place)) > 0


def cell_regions(sizes: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """The part of the original picture that each cell of a grid stands for.

    Args:
        sizes: `(batch, 2)`, height and width of the pictures.
        rows, columns: of the grid.

    Returns:
        `(batch, rows, columns, 4)`, float32: top, left, bottom and right in pixels.
    """
    top, left = tf.meshgrid(tf.range(rows), tf.range(columns), indexing="ij")
    corners = tf.stack([top, left, top + 1, left + 1], axis=-1)
    cell = tf.cast(sizes, tf.float32) / tf.constant([rows, columns], tf.float32)
    return tf.cast(corners, tf.float32) * tf.tile(cell, [1, 2])[:, None, None]


def _read(encoded: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """One picture; an error where it is none."""
    jpeg = tf.strings.substr(encoded, 0, len(JPEG)) == JPEG
    png = tf.strings.substr(encoded, 0, len(PNG)) == PNG
    with tf.control_dependencies([tf.debugging.Assert(jpeg | png, ["neither JPEG nor PNG"])]):
        size = tf.cond(jpeg, lambda: tf.io.extract_jpeg_shape(encoded)[:2], lambda: _png_size(encoded))
    pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    with tf.control_dependencies([tf.debugging.Assert((pixels > 0) & (pixels <= MOST_PIXELS), [size])]):
        encoded = tf.identity(encoded)
    resized = tf.cond(
        jpeg, lambda: _resize(_jpeg(encoded), image_size), lambda: _resize(_png(encoded), image_size)
    )
    return tf.cast(tf.round(tf.clip_by_value(resized, 0, 255)), tf.uint8), size


def _resize(image: tf.Tensor, image_size: int) -> tf.Tensor:
    return tf.image.resize(image, [image_size, image_size], antialias=True)


def _jpeg(encoded: tf.Tensor) -> tf.Tensor:
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")


def _png(encoded: tf.Tensor) -> tf.Tensor:
    """Float32. Asked for an alpha channel that a picture does not have, TensorFlow makes a wrong one."""
    colour_type = tf.io.decode_raw(tf.strings.substr(encoded, 25, 1), tf.uint8)[0]
    return tf.cond(
        (colour_type == 4) | (colour_type == 6),  # grey or RGB, with alpha
        lambda: _on_white(tf.cast(tf.io.decode_png(encoded, channels=4), tf.float32)),
        lambda: tf.cast(tf.io.decode_png(encoded, channels=3), tf.float32),
    )


def _on_white(image: tf.Tensor) -> tf.Tensor:
    opaque = image[..., 3:] / 255
    return image[..., :3] * opaque + 255 * (1 - opaque)


def _png_size(encoded: tf.Tensor) -> tf.Tensor:
    """Height and width from the header of a PNG file; an error where that is cut off."""
    numbers = tf.cast(tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.uint8), tf.int64)
    width, height = tf.unstack(tf.reduce_sum(tf.reshape(numbers, [2, 4]) * [1 << 24, 1 << 16, 1 << 8, 1], 1))
    return tf.cast(tf.minimum([height, width], tf.int32.max), tf.int32)
