"""Packages that the pipelines need. Private."""

from ..optional_dependencies import require_packages


def require_pipelines() -> None:
    """Check that the packages of the extra `pipelines` are installed, without importing them.

    Raises:
        ModuleNotFoundError: if one is not installed; names the extra.
    """
    require_packages(
        "pipelines",
        *(
            "tensorflow",
            "tensorflow_datasets",
            "tensorflow_text",
            "importlib_resources",
            "tensorboard",
            "tyro",
        ),
        *(
            "sacrebleu",
            "pycocoevalcap",
            "tabulate",
            "matplotlib",
            "jinja2",
            "PIL",
            "scipy",
            "sklearn",
            "regex",
        ),
    )
