"""Readers of the user's own files. Private: use `load_translation`, `load_sentiment`, `load_captioning`."""
