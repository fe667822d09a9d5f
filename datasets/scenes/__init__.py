"""Drawn pictures with captions, and gold for where each noun phrase is in the picture."""

from .builder import Scenes

__all__ = ["Scenes"]
