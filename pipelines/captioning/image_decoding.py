"""Image decoding in core TensorFlow operations: the bytes of image files to a batch of pixels."""

import contextlib
import re
from functools import partial

import tensorflow as tf

from .image_formats import COMMON_FORMATS, RARE_FORMATS, ImageFormat
from .image_formats.exif import apply_orientation, is_transposed, read_orientation

FORMATS = COMMON_FORMATS + RARE_FORMATS
MAX_PIXELS = 40_000_000  # per image; a larger image is not decoded
OTHER_FORMATS = {  # how files of other formats begin
    "TIFF": rb"II\*\0|MM\0\*",
    "HEIC or AVIF": rb".{4}ftyp(hei|hev|mif1|msf1|avi)",
    "JPEG XL": rb"\xff\x0a|.{4}JXL ",
    "JPEG 2000": rb"\xff\x4f\xff\x51|.{4}jP  ",
}
MAX_SHOWN = 20  # bytes of another file in an error message


def decode_images(encoded: tf.Tensor, image_size: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode a batch of images and resize each to a square.

    JPEG, PNG, GIF, BMP and WebP files are valid if they are complete and have at most `MAX_PIXELS` pixels;
    their names do not matter. An invalid image does not disturb its neighbours. The size is read from the
    header before anything is decoded, so a small file that unpacks to a huge image costs nothing.

    Images are upright: an EXIF orientation is applied. Transparent pixels are blended with white, 16 bits
    become 8, grey and CMYK become RGB. Of an animation the first frame is decoded.

    Args:
        encoded: `(batch,)` strings.
        image_size: side of the square, in pixels. The aspect ratio is not kept.

    Returns:
        A tuple of the pixels `(batch, image_size, image_size, 3)`, uint8, zeros for an invalid image; the
        sizes of the upright images `(batch, 2)`, int32, height and width, zeros for an invalid image; and the
        validity `(batch,)`, bool.
    """
    batches = []
    for formats in (COMMON_FORMATS, RARE_FORMATS):
        is_any = tf.reduce_any([image_format.matches(encoded) for image_format in formats])
        nothing = _no_images(tf.shape(encoded)[0], image_size)
        decode = partial(_decode_batch, encoded, image_size, formats)
        batches.append(tf.cond(is_any, decode, lambda nothing=nothing: nothing))
    common, rare = batches
    return common[0] + rare[0], common[1] + rare[1], common[2] | rare[2]


def decode_image(encoded: bytes | tf.Tensor) -> tf.Tensor:
    """Decode one image in its own size, with the rules of `decode_images`.

    Args:
        encoded: a scalar string.

    Returns:
        `(height, width, 3)`, uint8.

    Raises:
        ValueError: if the image is not valid.
    """
    try:
        pixels, _, orientation = _decode(tf.convert_to_tensor(encoded), FORMATS)
    except tf.errors.OpError as error:
        reason = decoding_error(bytes(tf.convert_to_tensor(encoded).numpy()))
        raise ValueError(f"`encoded` must be an image that can be decoded. Received: {reason}") from error
    return apply_orientation(pixels, orientation)


def decoding_error(encoded: bytes) -> str:
    """Return the reason why an image is not valid, for an error message.

    Example:
        >>> decoding_error(b"<html>")
        "not a JPEG, PNG, GIF, BMP or WebP file: it begins with b'<html>'"
    """
    if not encoded:
        return "an empty file"
    image_format = next((f for f in FORMATS if f.matches(tf.constant(encoded))), None)
    if image_format is None:
        other = [name for name, start in OTHER_FORMATS.items() if re.match(start, encoded, re.DOTALL)]
        if other:
            return f"a {other[0]} file, which is not read: save it as JPEG or PNG"
        *names, last = (image_format.name for image_format in FORMATS)
        return f"not a {', '.join(names)} or {last} file: it begins with {encoded[:MAX_SHOWN]!r}"
    with contextlib.suppress(tf.errors.OpError):
        size = image_format.size(tf.constant(encoded))
        if tf.reduce_all(size > 0) and not _is_decodable_size(size):
            height, width = size.numpy()
            return f"{width:,} x {height:,} pixels, more than {MAX_PIXELS:,}: scale it down"
    return f"an incomplete or damaged {image_format.name} file, or of a kind that is not read: save it as PNG"


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


def _decode_batch(
    encoded: tf.Tensor, image_size: int, formats: tuple[ImageFormat, ...]
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode the images of some formats, as `decode_images`; all others are not valid."""

    def decode(index: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        pixels, size, orientation = _decode(image, formats)
        square = tf.image.resize(pixels, [image_size, image_size], antialias=True)
        square = tf.cast(tf.round(tf.clip_by_value(square, 0, 255)), tf.uint8)
        square = apply_orientation(square, orientation)
        return index, tf.ensure_shape(square, [image_size, image_size, 3]), size

    count = tf.shape(encoded)[0]
    images = tf.data.Dataset.from_tensor_slices((tf.range(count), encoded))
    decoded = images.map(tf.autograph.experimental.do_not_convert(decode)).ignore_errors()
    pixels, sizes, _ = _no_images(1, image_size)
    decoded = decoded.concatenate(
        tf.data.Dataset.from_tensors((count, pixels[0], sizes[0]))
    )  # at least one row
    index, pixels, sizes = decoded.batch(tf.cast(count, tf.int64) + 1).get_single_element()

    def scatter(rows: tf.Tensor) -> tf.Tensor:
        return tf.scatter_nd(index[:, None], rows, tf.concat([[count + 1], tf.shape(rows)[1:]], 0))[:-1]

    return scatter(pixels), scatter(sizes), scatter(tf.ones_like(index)) > 0


def _no_images(count: tf.Tensor | int, image_size: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Return pixels, sizes and validity of invalid images."""
    pixels = tf.zeros([count, image_size, image_size, 3], tf.uint8)
    return pixels, tf.zeros([count, 2], tf.int32), tf.zeros([count], tf.bool)


def _decode(encoded: tf.Tensor, formats: tuple[ImageFormat, ...]) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Decode one image of one of the formats; any other is an error.

    Returns:
        The pixels, uint8, as they are stored; height and width of the upright image, int32; and its EXIF
        orientation.
    """
    matches = tf.stack([image_format.matches(encoded) for image_format in formats])
    index = tf.argmax(matches, output_type=tf.int32)
    with tf.control_dependencies([tf.debugging.Assert(tf.reduce_any(matches), ["unknown format"])]):
        size = tf.switch_case(index, [partial(f.size, encoded) for f in formats])
    with tf.control_dependencies([tf.debugging.Assert(_is_decodable_size(size), [size])]):
        pixels, exif = tf.switch_case(index, [partial(f.decode, encoded) for f in formats])
    orientation = read_orientation(encoded, exif)
    size = tf.where(is_transposed(orientation), size[::-1], size)
    return pixels, tf.cast(size, tf.int32), orientation


def _is_decodable_size(size: tf.Tensor) -> tf.Tensor:
    height, width = tf.unstack(size)
    return (height > 0) & (width > 0) & (width <= MAX_PIXELS // tf.maximum(height, 1))
