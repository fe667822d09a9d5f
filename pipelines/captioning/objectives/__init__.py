"""Training objectives of the captioner: cross-entropy, REINFORCE, object and phrase losses. Private."""
