"""Transformer blocks, adaptive halting and position encodings."""
