"""Evaluation that the pipelines share: text metrics, reports, faithfulness, robustness, tables. Private."""
