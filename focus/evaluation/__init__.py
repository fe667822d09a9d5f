"""Baseline attention maps, bootstrap confidence intervals and divergences."""
