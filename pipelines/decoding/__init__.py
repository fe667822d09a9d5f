"""Greedy, sampled and beam search over any step function."""
