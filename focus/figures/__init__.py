"""Matplotlib figures of attention weights, gates and robustness."""
