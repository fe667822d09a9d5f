"""Tests of the registry: versions that appear, are refused, change and vanish."""

import asyncio
import os
import shutil

import pytest

from foveal.pipelines.serving import ModelRegistry, ServingConfig
from foveal.pipelines.serving.registry import find_versions, no_model
from foveal.pipelines.serving.request_error import RequestError


def run(coroutine_of_registry, folder):
    async def main():
        registry = ModelRegistry(ServingConfig(models=folder))
        await registry.scan()
        await registry.wait_until_loaded()
        result = await coroutine_of_registry(registry)
        await registry.close()
        assert not registry.is_ready
        return result

    return asyncio.run(main())


async def rescan(registry):
    await registry.scan()
    await registry.wait_until_loaded()
    await asyncio.sleep(0.05)


async def text(registry, version=None):
    outputs = await registry.get("reverser", version).predict("serving_default", [{"text": b"ab"}])
    return outputs[0]["text"].item()


def test_models_of_a_folder(models):
    async def check(registry):
        assert registry.names == ["adder", "empty", "reverser", "unbatched"]
        assert registry.is_ready
        assert await text(registry) == await text(registry, 2) == b"ba"
        statuses = {}
        for name, version in [("nobody", None), ("reverser", 1), ("unbatched", None), ("empty", 1)]:
            with pytest.raises(RequestError) as error:
                registry.get(name, version)
            statuses[name] = error.value.status
        return statuses

    assert run(check, models) == {"nobody": 404, "reverser": 404, "unbatched": 503, "empty": 503}


def test_highest_version_is_served(tmp_path, exports):
    exports.reverser(tmp_path / "reverser" / "9", "9")
    exports.reverser(tmp_path / "reverser" / "10", "10")
    assert run(text, tmp_path) == b"ba10"


def test_new_version_replaces_and_a_deleted_one_is_taken_back(tmp_path, exports):
    exports.reverser(tmp_path / "reverser" / "1", "1")

    async def check(registry):
        results = [await text(registry)]
        exports.reverser(tmp_path / "reverser" / "2", "2")
        old = registry.get("reverser")
        request = asyncio.create_task(old.predict("serving_default", [{"text": b"ab"}]))
        await rescan(registry)
        results += [(await request)[0]["text"].item(), await text(registry)]
        shutil.rmtree(tmp_path / "reverser" / "2")
        await rescan(registry)
        results.append(await text(registry))
        shutil.rmtree(tmp_path / "reverser")
        await rescan(registry)
        return [*results, await text(registry)]

    assert run(check, tmp_path) == [b"ba1", b"ba1", b"ba2", b"ba1", b"ba1"]


def test_refused_version_is_tried_again_when_its_files_change(tmp_path, exports):
    exports.reverser(tmp_path / "export", "2")
    exports.reverser(tmp_path / "models" / "reverser" / "1", "1")
    version = tmp_path / "models" / "reverser" / "2"
    version.mkdir()

    async def check(registry):
        refused = registry.versions("reverser")[0]
        await rescan(registry)
        assert registry.versions("reverser")[0] is refused
        results = [await text(registry)]
        for path in (tmp_path / "export").iterdir():
            os.rename(path, version / path.name)
        await rescan(registry)
        return [*results, await text(registry)]

    assert run(check, tmp_path / "models") == [b"ba1", b"ba2"]


def test_loading_model_is_503(models):
    async def main():
        registry = ModelRegistry(ServingConfig(models=models))
        await registry.scan()
        assert not registry.is_ready
        with pytest.raises(RequestError, match="is loading") as error:
            registry.get("reverser")
        await registry.wait_until_loaded()
        await registry.close()
        return error.value.status

    assert asyncio.run(main()) == 503


def test_folder_without_models(tmp_path, models):
    assert find_versions(models)["reverser"] == {2: models / "reverser" / "2"}
    assert find_versions(models).keys() == {"adder", "empty", "reverser", "unbatched"}
    assert find_versions(tmp_path) == find_versions(tmp_path / "missing") == {}
    assert "`make` trains and exports" in no_model(tmp_path)

    async def error(registry):
        with pytest.raises(RequestError) as error:
            registry.get("sentiment")
        return error.value

    assert run(error, tmp_path).status == 404
