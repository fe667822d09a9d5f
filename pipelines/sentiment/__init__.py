"""Text classification pipeline: data, training, calibration, SavedModel export and attention analysis."""
