"""Registry of the models in a folder: the newest version of each, replaced when a newer one appears."""

import asyncio
import logging
from pathlib import Path

from ..saved_model.loading import list_versions
from .config import ServingConfig
from .metrics import Metrics
from .model import ServedModel, State
from .request_error import RequestError

logger = logging.getLogger(__name__)


class ModelRegistry:
    """Models of a folder, in the layout NAME/VERSION/saved_model.pb.

    The highest version of each model is served. When another one appears, it is loaded and warmed up
    beside the old one, which then answers the requests that it has accepted, and ends. Where a version is
    refused, the next lower one is served, until the files of the refused one change.

    Args:
        config: folder, batching and limits.
        metrics: metrics that are updated; new ones by default.

    Example:
        >>> import asyncio
        >>> asyncio.run(ModelRegistry(ServingConfig(models=Path("no_such_folder"))).scan())
    """

    def __init__(self, config: ServingConfig, metrics: Metrics | None = None):
        self.config = config
        self.metrics = metrics or Metrics()
        self._available: dict[str, ServedModel] = {}
        self._loading: dict[str, ServedModel] = {}
        self._unloading: set[ServedModel] = set()
        self._refused: dict[Path, tuple[ServedModel, object]] = {}  # with the state of the files
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = True

    @property
    def names(self) -> list[str]:
        """Names of all models, also of those that are loading or refused."""
        return sorted({model.name for model in self._all()})

    @property
    def is_ready(self) -> bool:
        """Whether a model is available, and none waits for its first version."""
        return self._is_open and bool(self._available) and self._loading.keys() <= self._available.keys()

    def get(self, name: str, version: int | None = None) -> ServedModel:
        """Return an available model.

        Args:
            name: name of the model.
            version: number of the version; by default the one that is served.

        Raises:
            RequestError: 404 if there is no such model or version; 503 if it is loading, or refused.
        """
        model = self._available.get(name) or self._loading.get(name) or self.versions(name)[0]
        if version is not None and version != model.version:
            versions = {other.version: other for other in self.versions(name)}
            if version not in versions:
                numbers = ", ".join(map(str, versions))
                raise RequestError(404, f"the model {name} has no version {version}. It has: {numbers}")
            model = versions[version]
        if model.state is State.LOADING:
            raise RequestError(503, f"the model {name}, version {model.version}, is loading. Try again later")
        if model.state is not State.AVAILABLE:
            reason = f"is refused: {model.error}" if model.error else "is not served any more"
            raise RequestError(503, f"the model {name}, version {model.version}, {reason}")
        return model

    def versions(self, name: str) -> list[ServedModel]:
        """List the versions of a model that are loading, available, refused or ending, the newest first.

        Raises:
            RequestError: 404 if there is no such model.
        """
        versions = [model for model in self._all() if model.name == name]
        if not versions:
            has = f"The models are: {', '.join(self.names)}" if self.names else no_model(self.config.models)
            raise RequestError(404, f"there is no model {name}. {has}")
        return sorted(versions, key=lambda model: model.version, reverse=True)

    async def watch(self) -> None:
        """Scan the folder again and again."""
        while True:
            try:
                await self.scan()
            except OSError as error:
                logger.error("the folder %s cannot be read: %s", self.config.models, error)
            await asyncio.sleep(self.config.poll_interval)

    async def scan(self) -> None:
        """Start to load the highest version of each model that is not refused, unless it is available."""
        models = find_versions(self.config.models)
        folders = {folder for versions in models.values() for folder in versions.values()}
        self._refused = {folder: refused for folder, refused in self._refused.items() if folder in folders}
        for name, versions in models.items():
            accepted = [version for version, folder in versions.items() if not self._is_refused(folder)]
            available = self._available.get(name)
            if name in self._loading or not accepted or (available and available.version == max(accepted)):
                continue
            version = max(accepted)
            model = ServedModel(name, version, versions[version], self.config, self.metrics)
            self._loading[name] = model
            task = asyncio.create_task(self._load(model))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def wait_until_loaded(self) -> None:
        """Wait for the models that are loading."""
        while self._loading:
            await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Unload every model after its requests have been answered."""
        self._is_open = False
        for task in self._tasks:
            task.cancel()
        models = [*self._loading.values(), *self._available.values(), *self._unloading]
        await asyncio.gather(*(model.unload() for model in models))

    async def _load(self, model: ServedModel) -> None:
        stamp = _stamp(model.folder)
        await model.load()
        if model.state is State.END:
            self._refused[model.folder] = model, stamp
            del self._loading[model.name]
            await self.scan()
            return
        previous = self._available.get(model.name)
        self._available[model.name] = model
        del self._loading[model.name]
        self._refused.pop(model.folder, None)
        if previous:
            self._unloading.add(previous)
            await previous.unload()
            self._unloading.discard(previous)

    def _all(self) -> list[ServedModel]:
        refused = [model for model, _ in self._refused.values()]
        return [*self._loading.values(), *self._available.values(), *self._unloading, *refused]

    def _is_refused(self, folder: Path) -> bool:
        return folder in self._refused and self._refused[folder][1] == _stamp(folder)


def no_model(folder: Path) -> str:
    """Describe a folder without models, and how to make one."""
    example = folder / "translation" / "1" / "saved_model.pb"
    return f"{folder} has no model, such as {example}. `make` trains and exports three"


def find_versions(folder: Path) -> dict[str, dict[int, Path]]:
    """Find the folders of the versions of each model, by name and number."""
    if not folder.is_dir():
        return {}
    models = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    versions = {path.name: {number: path / str(number) for number in list_versions(path)} for path in models}
    return {name: numbers for name, numbers in versions.items() if numbers}


def _stamp(folder: Path) -> object:
    """Describe the state of the files of a version."""
    return sorted((str(path), path.stat().st_mtime_ns) for path in folder.rglob("*") if path.is_file())
