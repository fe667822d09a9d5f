"""Functions of tensors without variables: masks, heads, caches, scans, tiles and local blocks.

This package is private. It imports nothing else of foveal.
"""
