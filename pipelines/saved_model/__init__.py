"""Export, loading and batched calls of SavedModels."""
