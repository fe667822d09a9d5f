"""Smoke test of an installed wheel, in an environment with one backend: `python smoke.py jax`.

Run by `make test-wheel`; needs nothing but the wheel, Keras and the backend.
"""

import importlib.util
import os
import sys
from pathlib import Path

backend = sys.argv[1]
os.environ["KERAS_BACKEND"] = backend

import keras  # noqa: E402
import numpy as np  # noqa: E402

import foveal  # noqa: E402
from foveal import focus, layers  # noqa: E402
from foveal.pipelines import serving  # noqa: E402

assert "site-packages" in Path(foveal.__file__).parts, foveal.__file__
assert keras.backend.backend() == backend
for name in {"jax", "tensorflow"} - {backend}:
    assert importlib.util.find_spec(name) is None, f"{name} is installed"
for name in ("matplotlib", "jinja2", "sklearn", "tensorflow_datasets", "tyro"):
    assert importlib.util.find_spec(name) is None, f"{name} is installed"


def expect_missing_extra(extra, action):
    """Check that an action without its extra raises one ImportError that names the extra."""
    try:
        action()
    except ImportError as error:
        message = str(error)
    else:
        message = "no error"
    assert f'pip install "foveal[{extra}]"' in message, message


# A layer: same weights, same outputs as that of Keras
x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
mask = np.array([[True] * 5, [True, True, True, False, False]])
peer, layer = keras.layers.MultiHeadAttention(2, 4), layers.MultiHeadAttention(2, 4)
expected = peer(x, x, value_mask=mask)
layer(x, x)
layer.set_weights(peer.get_weights())
outputs, scores = layer(x, x, value_mask=mask, return_attention_scores=True)
np.testing.assert_allclose(
    keras.ops.convert_to_numpy(outputs), keras.ops.convert_to_numpy(expected), rtol=1e-5, atol=1e-6
)

# A model of other parts: trained, recorded, measured
inputs = keras.Input((5, 8))
attended = layers.SelfAttention(2, 4, bias="alibi", distribution="entmax15", gate="sentinel")(inputs)
model = keras.Model(inputs, keras.layers.Dense(1)(layers.AttentionPooling()(attended)))
model.compile("adam", "mse")
history = model.fit(x, np.array([[0.0], [1.0]]), epochs=20, verbose=0)
assert history.history["loss"][-1] < history.history["loss"][0]
records = focus.record(model, x)
assert [record.weights.shape for record in records] == [(2, 2, 5, 5), (2, 1, 1, 5)], records
uniform = np.full((1, 1, 5, 5), 0.2)
np.testing.assert_allclose(focus.entropy(uniform, None), np.log(5), rtol=1e-6)

# What needs an extra names it
expect_missing_extra("focus", lambda: focus.alignment_figure)
expect_missing_extra("focus", lambda: focus.report_model)
expect_missing_extra("pipelines", lambda: importlib.import_module("foveal.datasets"))
expect_missing_extra("pipelines", lambda: importlib.import_module("foveal.pipelines.translation"))
expect_missing_extra("serve", lambda: serving.create_app)
assert not serving.Client("http://localhost:1").is_ready()

# A model of KerasHub, where it is installed
if importlib.util.find_spec("keras_hub"):
    import keras_hub

    backbone = keras_hub.models.BertBackbone(
        vocabulary_size=30, num_layers=2, num_heads=4, hidden_dim=8, intermediate_dim=16
    )
    tokens = np.array([[3, 7, 11, 0, 0]])
    padding = {"padding_mask": tokens != 0, "segment_ids": np.zeros_like(tokens)}
    records = focus.record(backbone, {"token_ids": tokens, **padding})
    assert [record.weights.shape for record in records] == [(1, 4, 5, 5)] * 2
    assert records[0].weights[..., 3:].max() == 0.0

loaded = {"tensorflow", "jax", "scipy"} & set(sys.modules) - {backend}
print(
    f"foveal {foveal.__version__} on {backend}: smoke test passed; also imported by others: {sorted(loaded)}"
)
