import importlib.util

import pytest

from foveal.pipelines.requirements import require_pipelines


def test_missing_package_names_the_extra(monkeypatch):
    require_pipelines()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install "foveal\[pipelines\]"'):
        require_pipelines()
