"""How a model attends: attention layers built from a few small parts."""

from .adaptive_attention import AdaptiveAttention
from .attention_cell import AttentionCell
from .attention_rnn import AttentionRNN
from .biases import Bias, View
from .decoder_block import DecoderBlock
from .distributions import Distribution, Softmax, masked_softmax
from .dropout import HashDropout
from .encoder_block import EncoderBlock
from .gates import LSTMSentinel, StreamSentinel
from .multi_head_attention import MultiHeadAttention
from .positions import SinusoidalPositions
from .scores import Additive, Dot, ScaledDot, Score
from .self_attention import SelfAttention
from .soft_attention import SoftAttention

__all__ = [
    "AdaptiveAttention",
    "Additive",
    "AttentionCell",
    "AttentionRNN",
    "Bias",
    "DecoderBlock",
    "Distribution",
    "Dot",
    "EncoderBlock",
    "HashDropout",
    "LSTMSentinel",
    "MultiHeadAttention",
    "ScaledDot",
    "Score",
    "SelfAttention",
    "SinusoidalPositions",
    "SoftAttention",
    "Softmax",
    "StreamSentinel",
    "View",
    "masked_softmax",
]
