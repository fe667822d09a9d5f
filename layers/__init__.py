"""How a model attends: attention layers built from a few small parts."""

from .adaptive_attention import AdaptiveAttention
from .attention_cell import AttentionCell
from .attention_rnn import AttentionRNN
from .biases import (
    AdaptiveSpan,
    AlibiBias,
    Bias,
    CoverageBias,
    DiagonalBias,
    GaussianBias,
    LearnedBias,
    PredictedGaussianBias,
    PriorBias,
    RelativeBias,
    Rotary,
    SlidingWindow,
    View,
)
from .decoder_block import DecoderBlock
from .distributions import (
    Distribution,
    GumbelSoftmax,
    Monotonic,
    Reinforce,
    Softmax,
    StraightThrough,
    masked_softmax,
)
from .dropout import HashDropout
from .encoder_block import EncoderBlock
from .gates import LSTMSentinel, StreamSentinel
from .hard_attention import HardAttention
from .monotonic_attention import MonotonicAttention
from .multi_head_attention import MultiHeadAttention
from .policy_gradient import policy_gradient
from .positions import SinusoidalPositions
from .reinforce_loss import ReinforceLoss
from .scores import Additive, Dot, ScaledDot, Score
from .self_attention import SelfAttention
from .soft_attention import SoftAttention

__all__ = [
    "AdaptiveAttention",
    "AdaptiveSpan",
    "Additive",
    "AlibiBias",
    "AttentionCell",
    "AttentionRNN",
    "Bias",
    "CoverageBias",
    "DecoderBlock",
    "DiagonalBias",
    "Distribution",
    "Dot",
    "EncoderBlock",
    "GaussianBias",
    "GumbelSoftmax",
    "HardAttention",
    "HashDropout",
    "LSTMSentinel",
    "LearnedBias",
    "Monotonic",
    "MonotonicAttention",
    "MultiHeadAttention",
    "PredictedGaussianBias",
    "PriorBias",
    "Reinforce",
    "ReinforceLoss",
    "RelativeBias",
    "Rotary",
    "ScaledDot",
    "Score",
    "SelfAttention",
    "SinusoidalPositions",
    "SlidingWindow",
    "SoftAttention",
    "Softmax",
    "StraightThrough",
    "StreamSentinel",
    "View",
    "masked_softmax",
    "policy_gradient",
]
