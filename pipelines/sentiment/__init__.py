"""Text classification pipeline: data, training, calibration, SavedModel export and attention analysis."""

from ..requirements import require_pipelines

require_pipelines()
