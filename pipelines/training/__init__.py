"""Training loop, batching, losses, callbacks and warm start."""
