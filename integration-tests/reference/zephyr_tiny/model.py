"""The Mistral decoder of zephyr-tiny in plain PyTorch, with Hugging Face's tensor names and rotary layout."""

import math

import torch
import torch.nn.functional as F
from torch import nn

CONFIG = dict(vocab=1536, hidden=256, ffn=768, layers=4, heads=4, kv_heads=2, head_dim=64, eps=1e-5, theta=10000.0, context=1024)


class Norm(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, CONFIG["eps"])


def linear(i, o):
    return nn.Linear(i, o, bias=False)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        self.q_proj = linear(c["hidden"], c["heads"] * c["head_dim"])
        self.k_proj = linear(c["hidden"], c["kv_heads"] * c["head_dim"])
        self.v_proj = linear(c["hidden"], c["kv_heads"] * c["head_dim"])
        self.o_proj = linear(c["heads"] * c["head_dim"], c["hidden"])

    def forward(self, x, rope):
        b, t, _ = x.shape
        c = self.c
        q, k, v = (p(x).view(b, t, -1, c["head_dim"]).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, rope), rotate(k, rope)
        g = c["heads"] // c["kv_heads"]
        k, v = k.repeat_interleave(g, 1), v.repeat_interleave(g, 1)
        y = attend(q, k, v)
        return self.o_proj(y.transpose(1, 2).reshape(b, t, -1))


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = linear(c["hidden"], c["ffn"]), linear(c["hidden"], c["ffn"]), linear(c["ffn"], c["hidden"])

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(c["hidden"]), Attention(c)
        self.post_attention_layernorm, self.mlp = Norm(c["hidden"]), Mlp(c)

    def forward(self, x, rope):
        x = x + self.self_attn(self.input_layernorm(x), rope)
        return x + self.mlp(self.post_attention_layernorm(x))


class Model(nn.Module):
    """ids (B,T) -> logits (B,T,V); the head is tied to the embedding."""

    def __init__(self, c=CONFIG):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocab"], c["hidden"])
        self.layers = nn.ModuleList(Layer(c) for _ in range(c["layers"]))
        self.norm = Norm(c["hidden"])
        f = torch.outer(torch.arange(c["context"]).float(), c["theta"] ** (-torch.arange(0, c["head_dim"], 2).float() / c["head_dim"]))
        self.register_buffer("rope", torch.stack([torch.cat([f, f], -1).cos(), torch.cat([f, f], -1).sin()]), persistent=False)
        for n, p in self.named_parameters():
            if p.dim() == 2:
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * c["layers"]) if n.endswith(("o_proj.weight", "down_proj.weight")) else 0.02)

    def forward(self, ids):
        x = self.embed_tokens(ids)
        rope = self.rope[:, :ids.shape[1]]
        for layer in self.layers:
            x = layer(x, rope)
        return F.linear(self.norm(x), self.embed_tokens.weight)


def attend(q, k, v):
    """Causal attention. For short rows the plain products are up to three times faster on a CPU than the fused kernel in bf16."""
    t = q.shape[2]
    if t > 400:
        return F.scaled_dot_product_attention(q.float(), k.float(), v.float(), is_causal=True).to(q.dtype)
    scores = (q @ k.mT).float() / math.sqrt(q.shape[3]) + torch.full((t, t), -math.inf).triu(1)
    return scores.softmax(-1).to(q.dtype) @ v


def rotate(x, rope):
    a, b = x.chunk(2, -1)
    return x * rope[0] + torch.cat([-b, a], -1) * rope[1]
