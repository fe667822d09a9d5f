"""Network parts that several pipelines share. Private."""
