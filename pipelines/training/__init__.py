"""Training of the pipelines: configuration, trainer, optimizers, batching, warm start. Private."""
