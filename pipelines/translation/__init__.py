"""Translation pipeline: data, training, SavedModel export and analysis of the cross-attention."""

from ..requirements import require_pipelines

require_pipelines()
