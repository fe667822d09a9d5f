"""Image captioning pipeline: encoded images in, text and attention out."""
