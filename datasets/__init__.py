"""Data sets: TFDS builders with gold attention, and loaders of TFDS sets and local files.

`phrases`, `reviews` and `scenes` are folders with the TFDS builders of generated data sets: gold word
alignments, gold rationales, gold boxes. `Multi30k` and `Flickr8k` are TFDS builders of published sets.
Importing this package registers all of them with TFDS. The folder `files` is private.
"""

import os

# Before the import of TFDS: without it, TFDS queries a cloud service for every set and waits for minutes.
os.environ.setdefault("NO_GCE_CHECK", "true")

from ..optional_dependencies import optional_dependency

with optional_dependency("pipelines"):
    from .captioning import AnnotationTable, CaptionedImages, load_captioning
    from .flickr8k import Flickr8k
    from .multi30k import Multi30k
    from .phrases import Phrases
    from .reviews import Reviews
    from .scenes import Scenes
    from .sentiment import LabelledText, load_sentiment
    from .translation import ParallelText, load_translation

__all__ = [
    "AnnotationTable",
    "CaptionedImages",
    "Flickr8k",
    "LabelledText",
    "Multi30k",
    "ParallelText",
    "Phrases",
    "Reviews",
    "Scenes",
    "load_captioning",
    "load_sentiment",
    "load_translation",
]
