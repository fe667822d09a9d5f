"""Attention layers built from interchangeable scores, biases, distributions and gates."""

from .attention.adaptive_attention import AdaptiveAttention
from .attention.attention_pooling import AttentionPooling
from .attention.hard_attention import HardAttention
from .attention.local_attention import LocalAttention
from .attention.monotonic_attention import MonotonicAttention
from .attention.multi_head_attention import MultiHeadAttention
from .attention.self_attention import SelfAttention
from .attention.soft_attention import SoftAttention
from .biases import (
    AdaptiveSpan,
    AlibiBias,
    AttentionContext,
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
)
from .distributions import (
    Distribution,
    Entmax,
    Entmax15,
    GumbelSoftmax,
    Monotonic,
    MonotonicChunkwise,
    PerHead,
    Reinforce,
    SinkSoftmax,
    Softmax,
    Sparsemax,
    StraightThrough,
    TopK,
    entmax,
    entmax15,
    masked_softmax,
    sparsemax,
)
from .gates import LSTMSentinel, OutputGate, StreamSentinel
from .hash_dropout import HashDropout
from .losses import ReinforceLoss, policy_gradient
from .recurrent.attention_cell import AttentionCell
from .recurrent.attention_rnn import AttentionRNN
from .scores import Additive, Concat, Cosine, Dot, General, Location, ScaledDot, Score
from .transformer.adaptive_halting import AdaptiveHalting
from .transformer.decoder_block import DecoderBlock
from .transformer.encoder_block import EncoderBlock
from .transformer.sinusoidal_positions import SinusoidalPositions

__all__ = [
    "AdaptiveAttention",
    "AdaptiveHalting",
    "AdaptiveSpan",
    "Additive",
    "AlibiBias",
    "AttentionCell",
    "AttentionContext",
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
    "OutputGate",
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
    "SinkSoftmax",
    "SinusoidalPositions",
    "SlidingWindow",
    "SoftAttention",
    "Softmax",
    "Sparsemax",
    "StraightThrough",
    "StreamSentinel",
    "TopK",
    "entmax",
    "entmax15",
    "masked_softmax",
    "policy_gradient",
    "sparsemax",
]
