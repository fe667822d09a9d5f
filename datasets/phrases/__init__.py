"""Generated English and Portuguese sentences, with gold word alignments."""

from .builder import Phrases

__all__ = ["Phrases"]
