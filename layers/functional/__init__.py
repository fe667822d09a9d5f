"""Functions of tensors without variables: masks, heads, caches, scans, local blocks. Private."""
