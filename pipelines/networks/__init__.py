"""Network parts that several pipelines share: token embeddings, position encodings. Private."""
