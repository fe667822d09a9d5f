"""TFDS builder `phrases`: generated English-Portuguese sentence pairs with gold word alignments.

Public is `Phrases`; the other modules are its grammar and are private.
"""

from .builder import Phrases

__all__ = ["Phrases"]
