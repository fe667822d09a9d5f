"""Applications that load data, train, export and explain, and what they share."""
