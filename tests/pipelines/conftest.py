"""Checks of the SavedModel of every pipeline: with TensorFlow alone, of empty batches, in int8."""

import base64
import json
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

# Of environments with other versions of TensorFlow, see `make test-tensorflow-versions`.
INTERPRETERS = os.environ.get("TENSORFLOW_INTERPRETERS", "").split() or [sys.executable]
TENSORFLOW_ONLY_SCRIPT = """
import base64, json, sys

for name in ("keras", "keras_nlp", "keras_hub", "tensorflow_text", "foveal", "tf_keras", "sklearn", "PIL"):
    sys.modules[name] = None  # an import of it raises ImportError
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
inputs = [base64.b64decode(value) for value in json.load(sys.stdin)]
batches = [tf.constant(batch, tf.string) for batch in (inputs, [])]
call = lambda batch: {name: signature(**{sys.argv[2]: batch}) for name, signature in model.signatures.items()}
plain = lambda x: (tf.io.encode_base64(x) if x.dtype == tf.string else x).numpy().tolist()
text = lambda x: [text(y) for y in x] if isinstance(x, list) else x.decode() if isinstance(x, bytes) else x
serialize = lambda outputs: {key: text(plain(x)) for key, x in outputs.items()}
print(json.dumps([{name: serialize(x) for name, x in call(batch).items()} for batch in batches]))
"""


@pytest.fixture(params=INTERPRETERS)
def check_loads_with_tensorflow_only(request):
    def check(exported, argument, inputs, signatures):
        """Compare the outputs of an export, with TensorFlow alone, with those of its signatures.

        The batches are the inputs and an empty one.
        """
        process = subprocess.run(
            [request.param, "-c", TENSORFLOW_ONLY_SCRIPT, str(exported), argument],
            input=json.dumps([base64.b64encode(value).decode() for value in inputs]),
            capture_output=True,
            text=True,
            check=False,
        )
        if "Op type not registered 'DecodeWebP'" in process.stderr:
            pytest.xfail("TensorFlow reads WebP images from 2.20 on")
        assert process.returncode == 0, process.stderr[-2000:]
        batches = json.loads(process.stdout.splitlines()[-1])
        for batch, results in zip((inputs, []), batches, strict=True):
            assert results.keys() == signatures.keys()
            for name, signature in signatures.items():
                expected = signature(**{argument: tf.constant(batch, tf.string)})
                assert expected.keys() == results[name].keys()
                for key, value in expected.items():
                    if value.dtype == tf.string:
                        encoded = np.array(tf.io.encode_base64(value).numpy().tolist(), "S").astype("U")
                        assert encoded.tolist() == results[name][key]
                    else:
                        actual = np.reshape(results[name][key], value.shape)  # JSON has no shape (0, T)
                        np.testing.assert_allclose(actual, value, atol=1e-5)

    return check


@pytest.fixture
def check_empty_batch():
    def check(signatures, argument):
        """Check that the outputs of an empty batch have dtype and shape of those of a blank example."""
        assert "serving_default" in signatures
        for name, signature in signatures.items():
            empty, blank = (signature(**{argument: tf.constant(batch, tf.string)}) for batch in ([], [""]))
            assert empty.keys() == blank.keys() != set()
            for key, output in blank.items():
                assert output.shape[0] == 1, (name, key)
                assert empty[key].shape == (0, *output.shape[1:]), (name, key)
                assert empty[key].dtype == output.dtype, (name, key)

    return check


@pytest.fixture
def check_int8_export():
    def check(int8, float32, model):
        """Check that an export has fewer bytes than the one in float32, and the same weights for Keras."""
        files = [folder / "variables" / "variables" for folder in (int8, float32)]
        dtypes = [tf.train.load_checkpoint(str(file)).get_variable_to_dtype_map() for file in files]
        assert [tf.int8 in dtype.values() for dtype in dtypes] == [True, False]
        sizes = [file.with_name("variables.data-00000-of-00001").stat().st_size for file in files]
        assert sizes[0] < sizes[1]
        loaded = keras.saving.load_model(int8 / "model.keras")
        for actual, expected in zip(loaded.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_array_equal(actual, expected)

    return check
