"""Captioning: pictures in, sentences out, and where the model looked for each word."""
