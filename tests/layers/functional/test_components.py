"""Components resolved from names, configs and instances."""

import re

import keras
import pytest

from foveal.layers.functional import components

REGISTRY = {"one": keras.layers.Dense, "two": keras.layers.Dropout}


@pytest.mark.parametrize("identifier", ["three", 3, None, keras.layers.Dense])
def test_unknown_component_raises_and_lists_names(identifier):
    expected = f"`layer` must be one of ['one', 'two'] or a `Layer` layer. Received: layer={identifier!r}"
    with pytest.raises(ValueError, match=re.escape(expected)):
        components.get_component(identifier, REGISTRY, keras.layers.Layer)


def test_name_is_built_with_arguments_and_instance_is_kept():
    assert components.get_component("one", REGISTRY, keras.layers.Layer, units=4).units == 4
    instance = keras.layers.Dense(3)
    assert components.get_component(instance, REGISTRY, keras.layers.Layer, units=4) is instance
