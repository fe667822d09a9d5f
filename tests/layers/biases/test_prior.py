import keras
import numpy as np
import pytest

from foveal.layers import MultiHeadAttention, PriorBias, SoftAttention

QUERY, VALUE = np.zeros((2, 3, 4), "float32"), np.zeros((2, 5, 4), "float32")
PRIOR = np.random.default_rng(0).uniform(size=(2, 2, 3, 5)).astype("float32")


def look(layer, prior, **kwargs):
    _, weights = layer(QUERY, VALUE, prior=prior, return_attention_scores=True, **kwargs)
    return keras.ops.convert_to_numpy(weights)


def softened(prior, strength, floor):
    weights = (prior + floor) ** strength
    return weights / weights.sum(-1, keepdims=True)


def test_weights_of_equal_keys_are_the_prior_to_a_power():
    layer = SoftAttention(bias=PriorBias(strength=2.0, floor=0.1))
    np.testing.assert_allclose(look(layer, PRIOR[:, 0]), softened(PRIOR[:, 0], 2.0, 0.1), rtol=1e-5)


def test_nothing_is_forbidden_but_by_the_mask():
    mask = np.array([[1, 1, 1, 1, 0]] * 2, bool)
    weights = look(SoftAttention(bias="prior"), np.eye(3, 5)[None], value_mask=mask)
    np.testing.assert_array_equal(weights[..., 4], 0)
    assert (weights[..., :4] > 0).all()


@pytest.mark.parametrize(
    "prior", [PRIOR[:, 0], PRIOR[:1, 0], PRIOR[:, 0, :1], PRIOR, PRIOR[:1], PRIOR[:, :1], PRIOR[:1, :, :1]]
)
def test_a_prior_serves_all_examples_heads_or_queries_where_it_has_one(prior):
    weights = look(MultiHeadAttention(2, 3, bias=PriorBias(floor=1e-6)), prior)
    per_head = prior if prior.ndim == 4 else prior[:, None]
    np.testing.assert_allclose(weights, np.broadcast_to(softened(per_head, 1, 1e-6), (2, 2, 3, 5)), rtol=1e-4)


WRONG = {
    "keys": PRIOR[:, 0, :, :4],
    "queries": PRIOR[:, 0, :2],
    "rank": PRIOR[0, 0],
    "one key": PRIOR[..., :1],
}


@pytest.mark.parametrize("name", WRONG)
def test_a_prior_of_another_shape_is_refused(name):
    prior = WRONG[name]
    message = r"`prior` does not fit the inputs: expected shape \(2, 3, 5\) or \(2, 2, 3, 5\).*Received: "
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(2, 3, bias="prior")(QUERY, VALUE, prior=prior)
    symbols = [keras.Input(batch_shape=array.shape) for array in (QUERY, VALUE, prior)]
    with pytest.raises(ValueError, match=message):
        MultiHeadAttention(2, 3, bias="prior")(*symbols[:2], prior=symbols[2])


def test_a_prior_for_heads_is_refused_where_there_are_none():
    with pytest.raises(ValueError, match=r"expected shape \(2, 3, 5\), with 1 for any"):
        SoftAttention(bias="prior")(QUERY, VALUE, prior=PRIOR)


def test_a_prior_that_nothing_reads_is_refused():
    with pytest.raises(ValueError, match="Expected a bias that reads `prior`"):
        SoftAttention(bias="alibi")(QUERY, VALUE, prior=PRIOR[:, 0])


def test_a_missing_prior_is_told():
    with pytest.raises(ValueError, match=r"PriorBias expects `prior` in the call. Received: None"):
        SoftAttention(bias="prior")(QUERY, VALUE)


def test_a_floor_of_nothing_is_refused():
    with pytest.raises(ValueError, match=r"`floor` must be positive. Received: 0"):
        PriorBias(floor=0)
