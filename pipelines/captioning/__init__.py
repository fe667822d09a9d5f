"""Image captioning pipeline: encoded images in, text and attention out."""

from ..requirements import require_pipelines

require_pipelines()
