"""Command that serves the models of a folder with uvicorn."""

import copy
import dataclasses
import os
import signal
import socket
import sys
import tempfile
from functools import partial

import uvicorn
from uvicorn.config import LOGGING_CONFIG
from uvicorn.supervisors import Multiprocess

from .app import create_app
from .config import ServingConfig
from .registry import find_versions, no_model

API_KEY_VARIABLE = "FOVEAL_API_KEY"
KEEP_ALIVE_SECONDS = 65  # longer than the idle time of common proxies


def serve(config: ServingConfig) -> None:
    """Serve the SavedModels of a folder over HTTP, until SIGTERM or Ctrl-C."""
    if not find_versions(config.models):
        raise ValueError(f"`models` must be the folder of models. Received: {no_model(config.models)}")
    config = dataclasses.replace(config, api_key=config.api_key or os.environ.get(API_KEY_VARIABLE) or None)
    listener = _listen(config)
    host, port = listener.getsockname()[:2]
    print(f"serving {config.models} on http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
    signal.signal(signal.SIGTERM, _exit)
    uvicorn_config = uvicorn.Config(
        partial(create_app, config),
        factory=True,
        workers=config.workers,
        log_config=_logging_config(),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=round(config.timeout),
    )
    if config.workers == 1:
        uvicorn.Server(uvicorn_config).run(sockets=[listener])
    else:
        with tempfile.TemporaryDirectory(prefix="foveal-metrics-") as folder:
            os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", folder)
            Multiprocess(uvicorn_config, sockets=[listener]).run()


COMMANDS = {"serve": serve}


def _listen(config: ServingConfig) -> socket.socket:
    """Listen on the address, before anything is loaded; end with status 1 if that is not possible."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        listener = socket.create_server((config.host, config.port), family=family, backlog=2048)
    except OSError as error:
        print(
            f"error: port {config.port} of {config.host} is not available: {error.strerror}. "
            "Choose another one with --port, or end the process that has it",
            file=sys.stderr,
        )
        sys.exit(1)
    listener.set_inheritable(True)
    return listener


def _logging_config() -> dict:
    """Return uvicorn's logging, with the messages of this package."""
    config = copy.deepcopy(LOGGING_CONFIG)
    config["loggers"][__package__] = {"handlers": ["default"], "level": "INFO", "propagate": False}
    return config


def _exit(*_: object) -> None:
    """End with status 0; uvicorn raises its signal again after it has answered all requests."""
    sys.exit(0)
