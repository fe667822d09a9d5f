"""Registry of distributions: names, instances and unknown identifiers."""

import pytest

from foveal.layers import Softmax, distributions


@pytest.mark.parametrize("name", distributions.REGISTRY)
def test_get_resolves_registered_name(name):
    distribution = distributions.get(name, dtype="bfloat16")
    assert type(distribution) is distributions.REGISTRY[name]
    assert distribution.dtype_policy.name == "bfloat16"


def test_get_returns_instance_unchanged():
    softmax = Softmax(temperature=2.0)
    assert distributions.get(softmax) is softmax


def test_get_unknown_distribution_raises():
    with pytest.raises(ValueError, match=r"one of \['entmax', .*Received: .*'softest'"):
        distributions.get("softest")
