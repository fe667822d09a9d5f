"""Recurrent decoders with attention: a cell for one step and a layer for a sequence."""
