"""Image encoders and caption decoders of the captioner. Private: use `pipelines.captioning.model`."""
