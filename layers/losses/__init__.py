"""Losses and surrogate gradients for hard attention (Williams 1992)."""
