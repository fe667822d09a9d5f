"""Command line of the pipelines. Import `main` first: it silences TensorFlow's log."""
