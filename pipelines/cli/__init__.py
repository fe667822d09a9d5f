"""Command line of the pipelines. Import `main` first: it imports TensorFlow without its log. Private."""
