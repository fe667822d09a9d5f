"""Fixtures: models exported to ONNX and to LiteRT, and the runtimes that run them."""

import importlib

import pytest

pytest.importorskip("onnxruntime", reason="`make test-formats` has an environment for it")


@pytest.fixture
def run_onnx(tmp_path):
    """Export a model to ONNX; return its function from inputs by name to outputs by name."""
    runtime = importlib.import_module("onnxruntime")

    def export(model):
        path = tmp_path / "model.onnx"
        model.export(path, format="onnx", verbose=False)
        session = runtime.InferenceSession(path)
        inputs = [x.name for x in session.get_inputs()]
        outputs = [x.name for x in session.get_outputs()]

        def run(values):
            return dict(zip(outputs, session.run(None, {name: values[name] for name in inputs}), strict=True))

        return run

    return export


@pytest.fixture
def run_litert(tmp_path):
    """Export a model to LiteRT with builtin operations; return its function from inputs to outputs."""
    tf = importlib.import_module("tensorflow")
    litert = importlib.import_module("ai_edge_litert.interpreter")

    def export(model):
        path = tmp_path / "model.tflite"
        target = {"supported_ops": [tf.lite.OpsSet.TFLITE_BUILTINS]}
        model.export(path, format="litert", verbose=False, target_spec=target)
        run = litert.Interpreter(str(path)).get_signature_runner()
        inputs = list(run.get_input_details())
        return lambda values: run(**{name: values[name] for name in inputs})

    return export
