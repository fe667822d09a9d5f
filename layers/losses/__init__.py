"""Losses and surrogate gradients for hard attention (Williams 1992; Xu et al. 2015)."""

from .policy_gradient import policy_gradient
from .reinforce_loss import ReinforceLoss

__all__ = ["ReinforceLoss", "policy_gradient"]
