"""Pipelines for translation, sentiment analysis and image captioning: data, training, export, evaluation.

`python -m foveal.pipelines.translation`, `.sentiment` and `.captioning` are the command lines. The folders
`cli`, `decoding`, `evaluation`, `networks`, `saved_model`, `text` and `training`, which the pipelines share,
are private.
"""

from ..optional_dependencies import require_packages

require_packages(
    "pipelines",
    *("tensorflow", "tensorflow_datasets", "tensorflow_text", "importlib_resources", "tensorboard", "tyro"),
    *("sacrebleu", "pycocoevalcap", "tabulate", "matplotlib", "jinja2", "PIL", "scipy", "sklearn", "regex"),
)
