"""Attention pooling: the formula of Yang et al. 2016, nested sequences, masks and training."""

import keras
import numpy as np
import pytest

from foveal.layers import Additive, AttentionPooling, PriorBias, SoftAttention, distributions

rng = np.random.default_rng(0)
X = rng.normal(size=(2, 5, 4)).astype("float32")
MASK = np.array([[1, 1, 1, 1, 1], [1, 0, 1, 0, 0]], bool)
TEXT = rng.normal(size=(2, 3, 5, 4)).astype("float32")  # batch, sentences, words, dim
WORDS = np.zeros((2, 3, 5), bool)
for row, sentence, count in ((0, 0, 5), (0, 1, 2), (0, 2, 3), (1, 0, 1), (1, 1, 4)):
    WORDS[row, sentence, :count] = True  # the last sentence of the second text is empty


def to_numpy(x):
    return keras.tree.map_structure(lambda part: keras.ops.convert_to_numpy(part), x)


def make(*args, **kwargs):
    keras.utils.set_random_seed(1)
    return AttentionPooling(*args, **kwargs)


def run_layer(layer, x, **kwargs):
    return to_numpy(layer(x, return_attention_scores=True, return_decisions=True, **kwargs))


def test_attention_pooling_matches_formula_of_paper():
    layer = make(Additive(units=3))
    output, weights, decisions = run_layer(layer, X, mask=MASK)
    w_w, v = to_numpy([layer.score.key_dense.kernel, layer.score.v])
    b_w = to_numpy(layer.query) @ to_numpy(layer.score.query_dense.kernel)
    importance = np.exp(np.tanh(X @ w_w + b_w) @ v)[..., 0] * MASK
    expected = importance / importance.sum(-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, atol=1e-6)
    np.testing.assert_allclose(output, (expected[..., None] * X).sum(1), atol=1e-6)
    assert decisions == {}


@pytest.mark.parametrize("distribution", sorted(distributions.REGISTRY))
@pytest.mark.parametrize("mask", [None, MASK, MASK & [[True], [False]]], ids=["none", "partial", "row"])
def test_attention_pooling_matches_soft_attention_of_learned_query(distribution, mask):
    layer = make("dot", distribution=distribution)
    output, weights, decisions = run_layer(layer, X, mask=mask)
    query = np.broadcast_to(to_numpy(layer.query), (2, 1, 4))
    peer = SoftAttention("dot", distribution=layer.distribution)
    context, shares, decided = to_numpy(
        peer(query, X, key_mask=mask, return_attention_scores=True, return_decisions=True)
    )
    np.testing.assert_allclose(output, context[:, 0], atol=1e-6)
    np.testing.assert_allclose(weights, shares[:, 0], atol=1e-6)
    assert {name: value.shape for name, value in decisions.items()} == dict.fromkeys(decided, (2,))
    if mask is not None:
        np.testing.assert_array_equal(weights[~mask], 0)
        np.testing.assert_array_equal(output[~mask.any(-1)], 0)


def test_outer_axes_are_independent_sequences():
    layer = make(distribution="straight_through")
    output, weights, decisions = run_layer(layer, TEXT, mask=WORDS)
    assert (output.shape, weights.shape, decisions["sample"].shape) == ((2, 3, 4), (2, 3, 5), (2, 3))
    for sentence in range(3):
        expected = run_layer(layer, TEXT[:, sentence], mask=WORDS[:, sentence])
        actual = keras.tree.map_structure(lambda x, s=sentence: x[:, s], (output, weights, decisions))
        for a, e in zip(*map(keras.tree.flatten, (expected, actual)), strict=True):
            np.testing.assert_allclose(a, e, atol=1e-6)


def hierarchy(layers, text, mask):
    """Pool words to sentences and sentences to a document; the layers propagate the mask."""
    masked = keras.layers.Lambda(lambda x: x)(text)
    masked._keras_mask = keras.ops.convert_to_tensor(mask)
    sentences, words = layers[0](masked, return_attention_scores=True)
    document, shares = layers[1](sentences, return_attention_scores=True)
    return to_numpy([document, words, shares])


def test_hierarchical_pooling_masks_empty_sentences():
    layers = make(), make("scaled_dot")
    document, words, shares = hierarchy(layers, TEXT, WORDS)
    np.testing.assert_array_equal(words[~WORDS], 0)
    np.testing.assert_allclose(shares.sum(-1), 1, rtol=1e-6)
    assert shares[1, 2] == 0
    for row, filled in enumerate((3, 2)):  # pooling without padding
        sentences = [layers[0](TEXT[row, s, WORDS[row, s]][None]) for s in range(filled)]
        expected = layers[1](keras.ops.stack(sentences, axis=1))
        np.testing.assert_allclose(document[row], to_numpy(expected)[0], atol=1e-6)


def test_fully_masked_text_returns_zeros():
    layers = make(), make()
    document, words, shares = hierarchy(layers, TEXT, WORDS & False)
    for result in (document, words, shares):
        np.testing.assert_array_equal(result, 0)


def test_embedding_mask_propagates_to_the_last_pooling():
    ids = keras.Input((None, None), dtype="int32")
    embedded = keras.layers.Embedding(9, 4, mask_zero=True)(ids)
    sentences = make()(embedded)
    document, shares = make()(sentences, return_attention_scores=True)
    model = keras.Model(ids, [document, shares])
    assert getattr(document, "_keras_mask", None) is None
    texts = np.where(WORDS, rng.integers(1, 9, size=WORDS.shape), 0)
    document, shares = to_numpy(model(texts))
    assert (shares > 0).tolist() == [[True, True, True], [True, True, False]]
    shorter, _ = to_numpy(model(texts[1:, :2, :4]))
    np.testing.assert_allclose(shorter, document[1:], atol=1e-6)


@pytest.mark.parametrize("x", [X, TEXT], ids=["flat", "nested"])
def test_prior_bias_applies_to_each_sequence(x):
    prior = rng.dirichlet(np.ones(5), size=x.shape[:-2]).astype("float32")
    layer = make("dot", bias=PriorBias(floor=0.1))
    layer.build(x.shape)
    layer.query.assign(np.zeros(4))
    expected = (prior + 0.1) / (prior + 0.1).sum(-1, keepdims=True)
    np.testing.assert_allclose(run_layer(layer, x, prior=prior)[1], expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["mixed_float16", "mixed_bfloat16", "float16"])
def test_half_precision_is_finite_and_zero_when_masked(dtype):
    output, weights, _ = run_layer(make(dtype=dtype), TEXT, mask=WORDS)
    assert np.isfinite(output.astype("float32")).all()
    np.testing.assert_array_equal(output[1, 2].astype("float32"), 0)
    np.testing.assert_allclose(weights.astype("float32").sum(-1), WORDS.any(-1), atol=0.01)


def test_dropout_changes_output_but_not_returned_weights():
    layer = make(dropout=0.5)
    still, dropped = run_layer(layer, X, training=False), run_layer(layer, X, training=True)
    assert np.abs(still[0] - dropped[0]).max() > 1e-3
    np.testing.assert_array_equal(still[1], dropped[1])


def test_attention_pooling_trains_saves_and_loads(tmp_path):
    inputs, mask = keras.Input((None, None, 4)), keras.Input((None, None), dtype="bool")
    layer = make(Additive(3))
    output, weights = layer(inputs, mask=mask, return_attention_scores=True)
    assert (output.shape, weights.shape) == ((None, None, 4), (None, None, None))
    model = keras.Model([inputs, mask], [output, weights])
    model.compile("sgd", ["mse", None], run_eagerly=keras.backend.backend() == "torch")
    before = model.get_weights()
    model.train_on_batch([TEXT, WORDS], [np.ones((2, 3, 4))])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    expected = to_numpy(layer(TEXT, mask=WORDS, return_attention_scores=True))
    for restored in (model, loaded):
        for a, e in zip(to_numpy(restored([TEXT, WORDS])), expected, strict=True):
            np.testing.assert_allclose(a, e, atol=1e-6)
    assert AttentionPooling.from_config(layer.get_config()).get_config() == layer.get_config()


def test_inputs_without_length_raise():
    for inputs in (np.zeros((2, 4)), keras.Input((4,))):
        with pytest.raises(ValueError, match="expected min_ndim=3, found ndim=2"):
            AttentionPooling()(inputs)


@pytest.mark.parametrize("mask", [np.ones((2, 4), bool), np.ones((2, 5, 1), bool)], ids=["short", "rank"])
def test_mask_of_other_shape_raises(mask):
    with pytest.raises(ValueError, match=r"`mask` must have shape \(2, 5\)\. Received: mask\.shape=\(2, "):
        AttentionPooling()(X, mask=mask)
    with pytest.raises(ValueError, match="`mask` must have shape"):
        AttentionPooling()(keras.Input((5, 4)), mask=keras.Input(mask.shape[1:], dtype="bool"))
