"""Examples of docs/serving.md run against a server of small models."""

import json
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # builds three models
PAGE = (Path(__file__).parents[3] / "docs" / "serving.md").read_text()
COMMANDS = re.findall(r"^```bash\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
[CODE] = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
REFUSALS = [command for command in COMMANDS if '"instances": []' in command]


@pytest.fixture
def run_example(pipelines_url, image, tmp_path):
    """A function that runs a command of the page, with the address of the server."""
    (tmp_path / "photo.png").write_bytes(image)

    def run(command):
        command = command.replace("http://localhost:8501", pipelines_url)
        command = command.replace("localhost:8501", pipelines_url)
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return run


@pytest.mark.parametrize("command", COMMANDS, ids=range(len(COMMANDS)))
def test_curl_example_is_answered(run_example, command):
    answer = json.loads(run_example(command))
    assert ("error" in answer) == (command in REFUSALS)


def test_page_has_an_example_of_each_protocol():
    text = "\n".join(COMMANDS)
    for path in (
        ":predict",
        ":explain",
        "/versions/1",
        "/infer",
        "/v2/health/ready",
        "b64",
        "signature_name",
        "inputs",
    ):
        assert path in text
    assert len(REFUSALS) == 1


def test_python_example_runs(pipelines_url, image, tmp_path, monkeypatch, capsys):
    (tmp_path / "photo.png").write_bytes(image)
    monkeypatch.chdir(tmp_path)
    exec(compile(CODE.replace("http://localhost:8501", pipelines_url), "serving.md", "exec"), {})
    assert len(capsys.readouterr().out.splitlines()) == 4
