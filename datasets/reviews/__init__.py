"""TFDS builder `reviews`: generated English reviews for sentiment analysis, with gold rationales.

Public is `Reviews`; the other modules are its grammar and are private.
"""

from .builder import Reviews

__all__ = ["Reviews"]
