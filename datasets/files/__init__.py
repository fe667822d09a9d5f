"""Private: readers of local text and caption files.

Users call `load_translation`, `load_sentiment` or `load_captioning`.
"""
