"""Recurrent decoders with attention: the cell and its RNN."""
