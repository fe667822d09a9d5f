"""Encoder-decoder networks. Private."""
