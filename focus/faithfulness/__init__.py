"""Faithfulness of attention: erasure, counterfactual and adversarial attention, seed divergence. Public."""

from .adversarial_attention import AdversarialAttention, adversarial_attention
from .counterfactual_weights import output_change, permuted_attention, permuted_weights, uniform_weights
from .erasure import comprehensiveness, delete_text_spans, delete_tokens, mask_tokens, sufficiency
from .leave_one_out import kendall_tau, leave_one_out
from .replaced_weights import replaced_weights
from .seed_divergence import seed_divergence
from .trained_adversary import TrainedAdversary, train_adversary

__all__ = [
    "AdversarialAttention",
    "TrainedAdversary",
    "adversarial_attention",
    "comprehensiveness",
    "delete_text_spans",
    "delete_tokens",
    "kendall_tau",
    "leave_one_out",
    "mask_tokens",
    "output_change",
    "permuted_attention",
    "permuted_weights",
    "replaced_weights",
    "seed_divergence",
    "sufficiency",
    "train_adversary",
    "uniform_weights",
]
