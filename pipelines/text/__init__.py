"""Text processing: subword codec in core TensorFlow operations, words, corpora. Private."""
