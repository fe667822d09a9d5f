import pytest

from foveal.layers import Softmax, distributions


@pytest.mark.parametrize("name", distributions.REGISTRY)
def test_a_name_makes_the_plain_part(name):
    part = distributions.get(name, dtype="bfloat16")
    assert type(part) is distributions.REGISTRY[name]
    assert part.dtype_policy.name == "bfloat16"


def test_a_part_is_taken_as_it_is():
    own = Softmax(temperature=2.0)
    assert distributions.get(own) is own
