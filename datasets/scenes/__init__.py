"""TFDS builder `scenes`: rendered images with captions, gold boxes and phrase grounding.

Public is `Scenes`; the other modules are its generator and are private, but for `caption_parser` and
`scene_objects`, with which the captioning pipeline judges captions.
"""

from .builder import Scenes

__all__ = ["Scenes"]
