"""Text encoders and attention pooling. Private."""
