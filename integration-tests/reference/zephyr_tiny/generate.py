"""Greedy answers by transformers in f32, many prompts at once."""

import torch
from transformers import MistralConfig, MistralForCausalLM

import export
from dialogues import render


def load(sd):
    m = MistralForCausalLM(MistralConfig(**export.hf_config(torch.float32)))
    m.load_state_dict({**{"model." + k: v for k, v in sd.items()}, "lm_head.weight": sd["embed_tokens.weight"]})
    return m.eval()


def prompt_ids(tok, messages):
    return tok.encode(render(messages, True)).ids


@torch.no_grad()
def greedy(model, tok, prompts, limit=160, batch=64):
    """Texts and whether each stopped by itself, in the order of the prompts (lists of ids)."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    out = [None] * len(prompts)
    for s in range(0, len(order), batch):
        idx = order[s:s + batch]
        n = max(len(prompts[i]) for i in idx)
        ids = torch.tensor([[2] * (n - len(prompts[i])) + prompts[i] for i in idx])
        mask = torch.tensor([[0] * (n - len(prompts[i])) + [1] * len(prompts[i]) for i in idx])
        new = model.generate(ids, attention_mask=mask, max_new_tokens=limit, do_sample=False, pad_token_id=2)[:, n:].tolist()
        for i, row in zip(idx, new):
            # The first word of an answer follows a line break and has no space before it, so nothing may be stripped.
            text = tok.decode(prompts[i] + row[:row.index(2)] if 2 in row else prompts[i] + row, skip_special_tokens=True)
            out[i] = (text[len(tok.decode(prompts[i], skip_special_tokens=True)):], 2 in row)
    return out
