"""Encoder-decoder networks. Private: import `pipelines.translation.model`."""
