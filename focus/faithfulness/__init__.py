"""Is attention what the answer rests on?"""

from .adversarial import Adversary, adversarial_attention
from .erasure import comprehensiveness, masked_by, sufficiency, text_without, without
from .leave_one_out import kendall_tau, leave_one_out
from .other_weights import output_change, permuted_attention, permuted_weights, uniform_weights
from .replaced_weights import replaced_weights
from .seeds import seed_drift
from .trained_adversary import TrainedAdversary, train_adversary

__all__ = [
    "Adversary",
    "TrainedAdversary",
    "adversarial_attention",
    "comprehensiveness",
    "kendall_tau",
    "leave_one_out",
    "masked_by",
    "output_change",
    "permuted_attention",
    "permuted_weights",
    "replaced_weights",
    "seed_drift",
    "sufficiency",
    "text_without",
    "train_adversary",
    "uniform_weights",
    "without",
]
