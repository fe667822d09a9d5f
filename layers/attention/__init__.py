"""Attention layers that share one equation: soft, hard, multi-head, local, monotonic, adaptive."""
