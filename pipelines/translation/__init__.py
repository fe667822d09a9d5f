"""Translation pipeline: data, training, SavedModel export and analysis of the cross-attention."""
