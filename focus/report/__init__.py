"""Self-contained HTML report of focus records."""
