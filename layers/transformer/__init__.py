"""Transformer encoder and decoder blocks, adaptive halting and sinusoidal positions."""
