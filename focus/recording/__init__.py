"""Recording of attention weights from any Keras model."""
