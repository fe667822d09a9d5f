"""Scaled, tied token embeddings (Press and Wolf 2017; Vaswani et al. 2017, section 3.4)."""

import keras


def token_embedding(
    vocabulary_size: int, hidden_dim: int
) -> tuple[keras.layers.ReversibleEmbedding, keras.layers.Rescaling]:
    """Create an embedding whose table also projects states to logits, and the scale of its outputs.

    The table is drawn with a standard deviation of `hidden_dim ** -0.5`, which suits logits; the scale
    multiplies the embeddings by `hidden_dim ** 0.5`, so that they enter the network with unit variance.

    Args:
        vocabulary_size: number of tokens.
        hidden_dim: size of the embeddings.

    Returns:
        A layer ids `(batch, T)` -> `(batch, T, hidden_dim)`, which maps states to logits when it is called
        with `reverse=True`; and the layer that scales its outputs.

    Example:
        >>> embedding, scale = token_embedding(vocabulary_size=300, hidden_dim=16)
        >>> states = scale(embedding(np.array([[1, 7, 2]])))
        >>> states.shape, embedding(states, reverse=True).shape
        (TensorShape([1, 3, 16]), TensorShape([1, 3, 300]))

    Reference:
        Press and Wolf 2017, Using the Output Embedding to Improve Language Models.
    """
    embedding = keras.layers.ReversibleEmbedding(
        vocabulary_size,
        hidden_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=hidden_dim**-0.5),
        name="embedding",
    )
    return embedding, keras.layers.Rescaling(hidden_dim**0.5, name="scale")
