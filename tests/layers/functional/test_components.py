import re

import keras
import pytest

from foveal.layers.functional import components

REGISTRY = {"one": keras.layers.Dense, "two": keras.layers.Dropout}


@pytest.mark.parametrize("identifier", ["three", 3, None, keras.layers.Dense])
def test_what_is_no_part_is_refused_and_the_known_ones_are_listed(identifier):
    expected = f"Unknown layer: expected one of ['one', 'two'] or a `Layer`. Received: {identifier!r}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        components.get_component(identifier, REGISTRY, keras.layers.Layer)


def test_a_name_is_made_with_the_arguments_and_an_object_is_left_alone():
    assert components.get_component("one", REGISTRY, keras.layers.Layer, units=4).units == 4
    own = keras.layers.Dense(3)
    assert components.get_component(own, REGISTRY, keras.layers.Layer, units=4) is own
