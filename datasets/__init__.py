"""What a model learns from: datasets with gold focus, and loaders for other sets."""

import os

# Without this, a set that is not prepared asks a cloud service first, and waits for minutes.
os.environ.setdefault("NO_GCE_CHECK", "true")

from .captioning import CaptionedImages, load_captioning
from .flickr8k import Flickr8k
from .multi30k import Multi30k
from .phrases import Phrases
from .reviews import Reviews
from .scenes import Scenes
from .sentiment import LabelledText, load_sentiment
from .translation import ParallelText, load_translation

__all__ = [
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
