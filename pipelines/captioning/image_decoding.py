"""Image decoding in core TensorFlow operations: JPEG or PNG bytes to a batch of pixels."""

import tensorflow as tf

MAX_PIXELS = 40_000_000  # per image; a larger image is not decoded
JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"


def decode_images(encoded: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode a batch of images and resize each to a square.

    An image that cannot be decoded does not disturb its neighbours. The size is read from the header before
    anything is decoded, so a small file that unpacks to a huge image costs nothing. An alpha channel is
    blended with white, 16 bits become 8, grey and CMYK become RGB. A file that is not a complete JPEG or PNG
    of at most `MAX_PIXELS` pixels is not valid.

    Args:
        encoded: `(batch,)` strings, JPEG or PNG.
        image_size: side of the square, in pixels. The aspect ratio is not kept.

    Returns:
        A tuple of the pixels `(batch, image_size, image_size, 3)`, uint8, zeros for an invalid image; the
        original sizes `(batch, 2)`, int32, height and width, zeros for an invalid image; and the validity
        `(batch,)`, bool.
    """
    count = tf.shape(encoded)[0]
    images = tf.data.Dataset.from_tensor_slices((tf.range(count), encoded))
    decoded = images.map(lambda index, image: (index, *_decode(image, image_size))).ignore_errors()
    padding = (count, tf.zeros([image_size, image_size, 3], tf.uint8), tf.zeros([2], tf.int32))
    decoded = decoded.concatenate(tf.data.Dataset.from_tensors(padding))  # at least one row
    index, pixels, sizes = decoded.batch(tf.cast(count, tf.int64) + 1).get_single_element()

    def scatter(rows: tf.Tensor) -> tf.Tensor:
        return tf.scatter_nd(index[:, None], rows, tf.concat([[count + 1], tf.shape(rows)[1:]], 0))[:-1]

    return scatter(pixels), scatter(sizes), scatter(tf.ones_like(index)) > 0


def cell_regions(sizes: tf.Tensor, rows: int, columns: int) -> tf.Tensor:
    """Compute the region of the original image that each grid cell covers.

    Args:
        sizes: `(batch, 2)`, height and width of the images.
        rows, columns: size of the grid.

    Returns:
        `(batch, rows, columns, 4)`, float32: top, left, bottom and right in pixels.
    """
    top, left = tf.meshgrid(tf.range(rows), tf.range(columns), indexing="ij")
    corners = tf.stack([top, left, top + 1, left + 1], axis=-1)
    cell_size = tf.cast(sizes, tf.float32) / tf.constant([rows, columns], tf.float32)
    return tf.cast(corners, tf.float32) * tf.tile(cell_size, [1, 2])[:, None, None]


def _decode(encoded: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Decode one image; an invalid one is an error."""
    is_jpeg = tf.strings.substr(encoded, 0, len(JPEG)) == JPEG
    is_png = tf.strings.substr(encoded, 0, len(PNG)) == PNG
    with tf.control_dependencies([tf.debugging.Assert(is_jpeg | is_png, ["neither JPEG nor PNG"])]):
        size = tf.cond(is_jpeg, lambda: tf.io.extract_jpeg_shape(encoded)[:2], lambda: _png_size(encoded))
    num_pixels = tf.reduce_prod(tf.cast(size, tf.int64))
    with tf.control_dependencies(
        [tf.debugging.Assert((num_pixels > 0) & (num_pixels <= MAX_PIXELS), [size])]
    ):
        encoded = tf.identity(encoded)
    resized = tf.cond(
        is_jpeg,
        lambda: _resize(_decode_jpeg(encoded), image_size),
        lambda: _resize(_decode_png(encoded), image_size),
    )
    return tf.cast(tf.round(tf.clip_by_value(resized, 0, 255)), tf.uint8), size


def _resize(image: tf.Tensor, image_size: int) -> tf.Tensor:
    return tf.image.resize(image, [image_size, image_size], antialias=True)


def _decode_jpeg(encoded: tf.Tensor) -> tf.Tensor:
    return tf.io.decode_jpeg(encoded, channels=3, dct_method="INTEGER_ACCURATE")


def _decode_png(encoded: tf.Tensor) -> tf.Tensor:
    """Decode a PNG to float32. TensorFlow invents a wrong alpha channel where the file has none."""
    colour_type = tf.io.decode_raw(tf.strings.substr(encoded, 25, 1), tf.uint8)[0]
    return tf.cond(
        (colour_type == 4) | (colour_type == 6),  # grey or RGB, with alpha
        lambda: _blend_with_white(tf.cast(tf.io.decode_png(encoded, channels=4), tf.float32)),
        lambda: tf.cast(tf.io.decode_png(encoded, channels=3), tf.float32),
    )


def _blend_with_white(image: tf.Tensor) -> tf.Tensor:
    alpha = image[..., 3:] / 255
    return image[..., :3] * alpha + 255 * (1 - alpha)


def _png_size(encoded: tf.Tensor) -> tf.Tensor:
    """Read height and width from the header of a PNG; a truncated header is an error."""
    octets = tf.cast(tf.io.decode_raw(tf.strings.substr(encoded, 16, 8), tf.uint8), tf.int64)
    width, height = tf.unstack(tf.reduce_sum(tf.reshape(octets, [2, 4]) * [1 << 24, 1 << 16, 1 << 8, 1], 1))
    return tf.cast(tf.minimum([height, width], tf.int32.max), tf.int32)
