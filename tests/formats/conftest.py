"""Fixtures: models exported to ONNX and to LiteRT, and the runtimes that run them."""

import importlib

import pytest

pytest.importorskip("onnxruntime", reason="`make test-formats` has an environment for it")


@pytest.fixture
def run_onnx(tmp_path):
    """Export a model to ONNX; return its function from inputs by name to outputs by name."""
    runtime = importlib.import_module("onnxruntime")

    def export(model, opset_version=None):
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx", verbose=False, opset_version=opset_version)
        session = runtime.InferenceSession(path)
        inputs = [x.name for x in session.get_inputs()]
        outputs = [x.name for x in session.get_outputs()]

        def run(values):
            return dict(zip(outputs, session.run(None, {name: values[name] for name in inputs}), strict=True))

        return run

    return export


@pytest.fixture
def run_litert(tmp_path):
    """Export a model to LiteRT with builtin operations; return its function from inputs to outputs.

    `shapes` fixes the shapes of the inputs by name.
    """
    tf = importlib.import_module("tensorflow")
    litert = importlib.import_module("ai_edge_litert.interpreter")

    def export(model, shapes=None):
        path = tmp_path / "model.tflite"
        target = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
        dtypes = {x.name: x.dtype for x in model.inputs}
        specs = {name: tf.TensorSpec(shape, dtypes[name], name) for name, shape in (shapes or {}).items()}
        signature = [specs if isinstance(model.input, dict) else specs["text"]] if specs else None
        model.export(path, format="litert", verbose=False, target_spec=target, input_signature=signature)
        run = litert.Interpreter(str(path)).get_signature_runner()
        inputs = list(run.get_input_details())
        return lambda values: run(**{name: values[name] for name in inputs})

    return export
