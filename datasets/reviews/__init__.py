"""Generated English reviews whose sentiment no single word decides, with gold rationales."""

from .builder import Reviews

__all__ = ["Reviews"]
