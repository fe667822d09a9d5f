"""Attention layers with one shared equation: soft, hard, multi-head, self, local, monotonic, adaptive."""
