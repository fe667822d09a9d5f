"""Image encoders and caption decoders. Private."""
