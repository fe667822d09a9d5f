"""Tests of a version of a model: loading, refusal, signatures, end."""

import asyncio

import pytest

from foveal.pipelines.serving.config import ServingConfig
from foveal.pipelines.serving.metrics import Metrics
from foveal.pipelines.serving.model import ServedModel, State
from foveal.pipelines.serving.request_error import RequestError


def run(coroutine_of_model, folder, **settings):
    async def main():
        model = ServedModel("name", 1, folder, ServingConfig(**settings), Metrics())
        assert model.state is State.LOADING
        await model.load()
        result = await coroutine_of_model(model)
        if model.state is State.AVAILABLE:
            await model.unload()
        assert model.state is State.END
        return result

    return asyncio.run(main())


def test_model_predicts(models):
    async def predict(model):
        assert model.state is State.AVAILABLE
        return await model.predict("serving_default", [{"text": b"ab"}, {"text": b"abc"}])

    outputs = run(predict, models / "reverser" / "2")
    assert [output["text"].item() for output in outputs] == [b"ba", b"cba"]


@pytest.mark.parametrize(
    ("model", "reason"), [("empty", "must hold saved_model.pb"), ("unbatched", "input x")]
)
def test_model_without_the_contract_is_refused(models, model, reason):
    async def error(model):
        return model.error

    assert reason in run(error, models / model / "1")


def test_model_without_default_signature_is_refused(tmp_path):
    import tensorflow as tf

    module = tf.Module()
    module.call = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec([None], name="x")])
    tf.saved_model.save(module, str(tmp_path), signatures={"call": module.call})

    async def error(model):
        return model.error

    assert "must have the signature serving_default. Received: call" in run(error, tmp_path)


def test_damaged_model_is_refused(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"no SavedModel")

    async def error(model):
        return model.error

    assert run(error, tmp_path)


@pytest.mark.parametrize(
    ("signature", "texts", "status"),
    [("fast", [b"a"], 404), ("serving_default", [], 400), ("serving_default", [b"a"] * 4, 413)],
)
def test_invalid_call_is_refused(models, signature, texts, status):
    async def predict(model):
        with pytest.raises(RequestError) as error:
            await model.predict(signature, [{"text": text} for text in texts])
        return error.value.status

    assert run(predict, models / "reverser" / "2", max_instances=3) == status


def test_unload_answers_accepted_requests(models):
    async def predict(model):
        request = asyncio.create_task(model.predict("serving_default", [{"text": b"ab"}]))
        await asyncio.sleep(0)
        await model.unload()
        return (await request)[0]["text"].item()

    assert run(predict, models / "reverser" / "2") == b"ba"
