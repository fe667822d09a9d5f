"""Text encoders and attention pooling. Private: import `pipelines.sentiment.model`."""
