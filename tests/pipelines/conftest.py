"""What every exported pipeline is asked: does it answer where there is nothing but TensorFlow?"""

import base64
import json
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

ALONE = """
import base64, json, sys

for name in ("keras", "keras_nlp", "keras_hub", "tensorflow_text", "foveal", "tf_keras", "sklearn", "PIL"):
    sys.modules[name] = None  # whoever imports it gets an ImportError
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1])
inputs = tf.constant([base64.b64decode(one) for one in json.loads(sys.argv[3])])
told = {name: signature(**{sys.argv[2]: inputs}) for name, signature in model.signatures.items()}
plain = lambda x: (tf.io.encode_base64(x) if x.dtype == tf.string else x).numpy().tolist()
text = lambda x: [text(y) for y in x] if isinstance(x, list) else x.decode() if isinstance(x, bytes) else x
print(json.dumps({name: {k: text(plain(x)) for k, x in outputs.items()} for name, outputs in told.items()}))
"""


@pytest.fixture
def check_alone():
    def check(exported, argument, inputs, signatures):
        """An export answers in a process that has TensorFlow alone what its signatures answer here."""
        sent = json.dumps([base64.b64encode(one).decode() for one in inputs])
        done = subprocess.run(
            [sys.executable, "-c", ALONE, str(exported), argument, sent],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        answers = json.loads(done.stdout.splitlines()[-1])
        assert answers.keys() == signatures.keys()
        for name, signature in signatures.items():
            here = signature(**{argument: tf.constant(inputs)})
            assert here.keys() == answers[name].keys()
            for key, value in here.items():
                if value.dtype == tf.string:
                    expected = np.array(tf.io.encode_base64(value).numpy().tolist(), "S").astype("U")
                    assert expected.tolist() == answers[name][key]
                else:
                    np.testing.assert_allclose(value, answers[name][key], atol=1e-5)

    return check


@pytest.fixture
def check_empty_batch():
    def check(signatures, argument):
        """Every output of an empty batch has the dtype and shape of a blank example's, but no row."""
        assert "serving_default" in signatures
        for name, signature in signatures.items():
            empty, blank = (signature(**{argument: tf.constant(batch, tf.string)}) for batch in ([], [""]))
            assert empty.keys() == blank.keys() != set()
            for key, output in blank.items():
                assert output.shape[0] == 1, (name, key)
                assert empty[key].shape == (0, *output.shape[1:]), (name, key)
                assert empty[key].dtype == output.dtype, (name, key)

    return check
