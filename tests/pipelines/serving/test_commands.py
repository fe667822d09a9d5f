"""Tests of the command: a process that serves, drains and ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress

import pytest

from foveal.pipelines.serving import Client, ServerError, ServingConfig
from foveal.pipelines.serving.commands import serve


def start(folder, *flags, **environment):
    """Start a server on a free port; return its process and its address."""
    command = [
        sys.executable,
        "-m",
        "foveal.pipelines.serving",
        "--models",
        str(folder),
        "--port",
        "0",
        *flags,
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | environment
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1]


def wait_until_ready(client):
    deadline = time.monotonic() + 240
    while not client.is_ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_port_that_is_taken_ends_with_status_1(models, capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit) as error:
            serve(ServingConfig(models=models, port=port))
    assert error.value.code == 1
    assert f"port {port} of 127.0.0.1 is not available: Address already in use" in capsys.readouterr().err


def test_folder_without_models_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"`models` must be .* has no model, .* `make` trains and exports"):
        serve(ServingConfig(models=tmp_path))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "`workers` must be positive"),
        ({"port": 70_000}, "`port` must be between"),
        ({"max_queue_length": 10}, "`max_queue_length` must be at least `max_instances`"),
        ({"api_key": ""}, "`api_key` must not be empty"),
    ],
)
def test_invalid_configuration_raises(settings, message):
    with pytest.raises(ValueError, match=message):
        ServingConfig(**settings)


@pytest.mark.slow
def test_sigterm_drains_and_ends_with_status_0(models):
    process, url = start(models, "--batch-delay-ms", "3000", "--max-batch-size", "4", FOVEAL_API_KEY="key")
    client = Client(url, "key")
    wait_until_ready(client)
    client.predict(["ab"] * 3, "reverser")  # the next request waits for as many
    answers = []
    thread = threading.Thread(target=lambda: answers.append(client.predict(["ab"], "reverser")["text"]))
    thread.start()
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    with pytest.raises(OSError, match="refused"):
        client.predict(["ab"], "reverser")
    thread.join()
    assert answers == [["ba"]]
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "model reverser, version 2, is ready" in errors
    assert "model empty, version 1, is refused" in errors
    assert "Traceback" not in errors


@pytest.mark.slow
def test_workers_share_port_and_metrics(models):
    process, url = start(models, "--workers", "2")
    client = Client(url)
    try:
        wait_until_ready(client)
        answers = []
        while len(answers) < 20:
            with suppress(ServerError):  # the other worker may still load its models
                answers += client.predict(["ab"], "reverser")["text"]
        assert set(answers) == {"ba"}
        metrics = urllib.request.urlopen(f"{url}/metrics").read().decode()
        labels = '{model="reverser",signature="serving_default"}'
        assert f"foveal_request_seconds_count{labels} 20.0" in metrics
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.slow
def test_flag_that_is_unknown_is_named():
    command = [sys.executable, "-m", "foveal.pipelines.serving", "--batch-size", "3"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 2
    assert "unknown flag --batch-size; did you mean --max-batch-size?" in process.stderr
