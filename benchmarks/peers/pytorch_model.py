"""Transformer in PyTorch with foveal's weights, for training."""
# pyright: reportMissingImports=false
# The peers have an environment of their own.

from typing import Any

import torch
from torch import nn
from torch.nn import functional

PAD = 0


class PyTorch:
    """Eager training with PyTorch's fused attention and fused Adam.

    Args:
        weights: from `Foveal.weights`.
        num_heads: heads of each attention layer.
        dropout: dropout rate of embeddings, feed-forward layers and sublayer outputs.
        threads: threads of an operation.
    """

    def __init__(self, weights: dict[str, Any], num_heads: int, dropout: float, threads: int):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.model = Transformer(weights, num_heads, dropout)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-9, fused=True
        )

    def loss(self, batch: dict[str, Any]) -> float:
        """Return the mean loss of a token, without dropout."""
        self.model.eval()
        with torch.no_grad():
            return self._compute_loss(batch).item()

    def update(self, batch: dict[str, Any]) -> float:
        """Train for one step and return the loss before it."""
        self.model.train()
        self.optimizer.zero_grad()
        loss = self._compute_loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def _compute_loss(self, batch: dict[str, Any]) -> torch.Tensor:
        source, target = (torch.tensor(batch[name]).long() for name in ("source", "target"))
        logits = self.model(source, target[:, :-1])
        labels = target[:, 1:].flatten()
        return functional.cross_entropy(logits.flatten(0, 1), labels, ignore_index=PAD, label_smoothing=0.1)


class Transformer(nn.Module):
    """Pre-norm Transformer with tied embeddings (Vaswani et al. 2017).

    Args:
        weights, num_heads, dropout: see `PyTorch`.
    """

    def __init__(self, weights: dict[str, Any], num_heads: int, dropout: float):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.tensor(weights["embedding"]), freeze=False)
        self.register_buffer("positions", torch.tensor(weights["positions"]))
        self.dropout = nn.Dropout(dropout)
        for side in "encoder", "decoder":
            blocks = [Block(block, num_heads, dropout) for block in weights[side]]
            setattr(self, side, nn.ModuleList(blocks))
            setattr(self, f"{side}_norm", _build_layer(*weights[f"{side}_norm"]))

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        mask = (source != PAD)[:, None, None]  # (batch, 1, 1, S)
        memory = self.embed(source)
        for block in self.encoder:
            memory = block(memory, attn_mask=mask)
        memory = self.encoder_norm(memory)
        hidden = self.embed(target)
        for block in self.decoder:
            hidden = block(hidden, memory, mask, is_causal=True)
        return functional.linear(self.decoder_norm(hidden), self.embedding.weight)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        """Embed ids `(batch, T)` with their positions: `(batch, T, hidden_dim)`."""
        embedded = self.embedding(ids) * self.embedding.embedding_dim**0.5
        return self.dropout(embedded + self.positions[: ids.shape[1]])


class Block(nn.Module):
    """Block of the encoder or of the decoder; its layers are named after their weights.

    Args:
        weights: weights of the block, by layer.
        num_heads, dropout: see `PyTorch`.
    """

    def __init__(self, weights: dict[str, Any], num_heads: int, dropout: float):
        super().__init__()
        self.num_heads = num_heads
        self.dropout = nn.Dropout(dropout)
        for name, layer_weights in weights.items():
            setattr(self, name, _build_layer(*layer_weights))

    def forward(
        self,
        hidden: torch.Tensor,
        memory: torch.Tensor | None = None,
        memory_mask: torch.Tensor | None = None,
        **options: Any,
    ) -> torch.Tensor:
        query, key, value = self.query_key_value(self.self_attention_norm(hidden)).chunk(3, dim=-1)
        context = self.attend(query, key, value, **options)
        hidden = hidden + self.dropout(self.self_attention_output(context))
        if memory is not None:
            query = self.query(self.cross_attention_norm(hidden))
            context = self.attend(query, self.key(memory), self.value(memory), attn_mask=memory_mask)
            hidden = hidden + self.dropout(self.cross_attention_output(context))
        inner = functional.relu(self.intermediate(self.feed_forward_norm(hidden)))
        return hidden + self.dropout(self.output(self.dropout(inner)))

    def attend(self, *query_key_value: torch.Tensor, **options: Any) -> torch.Tensor:
        """Compute multi-head attention of projected queries, keys and values `(batch, T, hidden_dim)`."""
        heads = (x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for x in query_key_value)
        context = functional.scaled_dot_product_attention(*heads, **options)
        return context.transpose(1, 2).flatten(2)


def _build_layer(first: Any, second: Any) -> nn.Module:
    """Build a linear layer from kernel and bias, or a layer normalization from gamma and beta."""
    layer = nn.Linear(*first.shape) if first.ndim == 2 else nn.LayerNorm(first.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(first.T))
        layer.bias.copy_(torch.tensor(second))
    return layer
