"""Training objectives of the captioner. Private."""
