"""SavedModels of the pipelines: export, loading, batched calls of a signature. Private."""
