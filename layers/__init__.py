"""How a model attends: attention layers built from a few small parts."""

from .adaptive_attention import AdaptiveAttention
from .adaptive_halting import AdaptiveHalting
from .attention_cell import AttentionCell
from .attention_pooling import AttentionPooling
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
    Entmax,
    Entmax15,
    GumbelSoftmax,
    Monotonic,
    MonotonicChunkwise,
    PerHead,
    Reinforce,
    Softmax,
    Sparsemax,
    StraightThrough,
    TopK,
    entmax,
    entmax15,
    masked_softmax,
    sparsemax,
)
from .dropout import HashDropout
from .encoder_block import EncoderBlock
from .gates import LSTMSentinel, StreamSentinel
from .hard_attention import HardAttention
from .local_attention import LocalAttention
from .monotonic_attention import MonotonicAttention
from .multi_head_attention import MultiHeadAttention
from .policy_gradient import policy_gradient
from .positions import SinusoidalPositions
from .reinforce_loss import ReinforceLoss
from .scores import Additive, Concat, Cosine, Dot, General, Location, ScaledDot, Score
from .self_attention import SelfAttention
from .soft_attention import SoftAttention

__all__ = [
    "AdaptiveAttention",
    "AdaptiveHalting",
    "AdaptiveSpan",
    "Additive",
    "AlibiBias",
    "AttentionCell",
    "AttentionPooling",
    "AttentionRNN",
    "Bias",
    "Concat",
    "Cosine",
    "CoverageBias",
    "DecoderBlock",
    "DiagonalBias",
    "Distribution",
    "Dot",
    "EncoderBlock",
    "Entmax",
    "Entmax15",
    "GaussianBias",
    "General",
    "GumbelSoftmax",
    "HardAttention",
    "HashDropout",
    "LSTMSentinel",
    "LearnedBias",
    "LocalAttention",
    "Location",
    "Monotonic",
    "MonotonicAttention",
    "MonotonicChunkwise",
    "MultiHeadAttention",
    "PerHead",
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
    "Sparsemax",
    "StraightThrough",
    "StreamSentinel",
    "TopK",
    "View",
    "entmax",
    "entmax15",
    "masked_softmax",
    "policy_gradient",
    "sparsemax",
]
