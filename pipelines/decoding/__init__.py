"""Step-by-step decoding: greedy, sampling and beam search, decoders with caches. Private."""
