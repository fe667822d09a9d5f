"""Text codec: raw text to subword ids and back, in core TensorFlow operations."""
