"""Sentiment, and any other classes of text, with the words that decided."""
