"""The same Transformer in plain PyTorch, from foveal's weights."""
# pyright: reportMissingImports=false
# The peers have an environment of their own.

import torch
from torch import nn
from torch.nn import functional

PAD = 0


class PyTorch:
    """Trains eagerly, with PyTorch's own fused attention and Adam.

    Args:
        weights: as foveal told them.
        heads: of every attention.
        dropout: share dropped of embeddings, inside feed-forward layers and of sublayers' outputs.
        threads: that an operation may use.
    """

    def __init__(self, weights: dict, heads: int, dropout: float, threads: int):
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        self.model = Transformer(weights, heads, dropout)
        self.optimizer = torch.optim.Adam(
            self.model.parameters(), lr=1e-3, betas=(0.9, 0.98), eps=1e-9, fused=True
        )

    def loss(self, batch: dict) -> float:
        """The mean loss of a token, without dropout."""
        self.model.eval()
        with torch.no_grad():
            return self._loss(batch).item()

    def update(self, batch: dict) -> float:
        """One step of training; returns the loss before it."""
        self.model.train()
        self.optimizer.zero_grad()
        loss = self._loss(batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        return loss.item()

    def _loss(self, batch: dict) -> torch.Tensor:
        source, target = (torch.tensor(batch[name]).long() for name in ("source", "target"))
        logits = self.model(source, target[:, :-1])
        labels = target[:, 1:].flatten()
        return functional.cross_entropy(logits.flatten(0, 1), labels, ignore_index=PAD, label_smoothing=0.1)


class Transformer(nn.Module):
    def __init__(self, weights: dict, heads: int, dropout: float):
        super().__init__()
        self.embedding = nn.Embedding.from_pretrained(torch.tensor(weights["embedding"]), freeze=False)
        self.register_buffer("positions", torch.tensor(weights["positions"]))
        self.dropout = nn.Dropout(dropout)
        for side in "encoder", "decoder":
            blocks = [Block(block, heads, dropout) for block in weights[side]]
            setattr(self, side, nn.ModuleList(blocks))
            setattr(self, f"{side}_norm", _layer(*weights[f"{side}_norm"]))

    def forward(self, source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        mask = (source != PAD)[:, None, None]  # (batch, 1, 1, S)
        memory = self.embed(source)
        for block in self.encoder:
            memory = block(memory, attn_mask=mask)
        memory = self.encoder_norm(memory)
        stream = self.embed(target)
        for block in self.decoder:
            stream = block(stream, memory, mask, is_causal=True)
        return functional.linear(self.decoder_norm(stream), self.embedding.weight)

    def embed(self, ids: torch.Tensor) -> torch.Tensor:
        embedded = self.embedding(ids) * self.embedding.embedding_dim**0.5
        return self.dropout(embedded + self.positions[: ids.shape[1]])


class Block(nn.Module):
    """Of the encoder or of the decoder; its layers have the names of their weights."""

    def __init__(self, weights: dict, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.dropout = nn.Dropout(dropout)
        for name, pair in weights.items():
            setattr(self, name, _layer(*pair))

    def forward(self, stream, memory=None, memory_mask=None, **options):
        query, key, value = self.query_key_value(self.self_norm(stream)).chunk(3, dim=-1)
        context = self.attend(query, key, value, **options)
        stream = stream + self.dropout(self.self_output(context))
        if memory is not None:
            query = self.query(self.memory_norm(stream))
            context = self.attend(query, self.key(memory), self.value(memory), attn_mask=memory_mask)
            stream = stream + self.dropout(self.memory_output(context))
        hidden = functional.relu(self.intermediate(self.feed_forward_norm(stream)))
        return stream + self.dropout(self.output(self.dropout(hidden)))

    def attend(self, *query_key_value, **options):
        split = (x.unflatten(-1, (self.heads, -1)).transpose(1, 2) for x in query_key_value)
        context = functional.scaled_dot_product_attention(*split, **options)
        return context.transpose(1, 2).flatten(2)


def _layer(first, second) -> nn.Module:
    """A linear layer out of kernel and bias, or a normalization out of gamma and beta."""
    layer = nn.Linear(*first.shape) if first.ndim == 2 else nn.LayerNorm(first.shape)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(first.T))
        layer.bias.copy_(torch.tensor(second))
    return layer
