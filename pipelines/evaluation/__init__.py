"""Metrics, reports, faithfulness and robustness that the pipelines share."""
