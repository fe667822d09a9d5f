"""Focus records: attention weights with their axes, mask and gate; storage, conversion, word alignment."""
