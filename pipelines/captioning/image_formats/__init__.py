"""Image formats in core TensorFlow operations: size, orientation and pixels of one encoded image. Private."""

from .bmp import BMP
from .gif import GIF
from .image_format import ImageFormat
from .jpeg import JPEG
from .png import PNG
from .webp import WEBP

# A graph of the rare formats is only run for a batch that has some, so that it costs the others nothing.
COMMON_FORMATS, RARE_FORMATS = (JPEG, PNG), (GIF, BMP, WEBP)

__all__ = ["COMMON_FORMATS", "RARE_FORMATS", "ImageFormat"]
