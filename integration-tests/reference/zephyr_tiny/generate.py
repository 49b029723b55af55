"""Greedy answers with the PyTorch model, many prompts at once."""

import torch

from dialogues import render
from model import Model


def load(sd):
    m = Model()
    m.load_state_dict(sd)
    return m.eval()


def prompt_ids(tok, messages):
    return tok.encode(render(messages, True)).ids


@torch.no_grad()
def greedy(model, tok, prompts, limit=160, batch=48):
    """Texts and whether each stopped by itself. Rows of different length are right-padded: causal attention ignores the padding."""
    order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]))
    out = [None] * len(prompts)
    for s in range(0, len(order), batch):
        idx = order[s:s + batch]
        rows = [list(prompts[i]) for i in idx]
        start = [len(r) for r in rows]
        live = list(range(len(rows)))
        for _ in range(limit):
            n = max(len(rows[k]) for k in live)
            ids = torch.tensor([rows[k] + [0] * (n - len(rows[k])) for k in live])
            with torch.autocast("cpu", torch.bfloat16, enabled=False):
                logits = model(ids)
            for j, k in enumerate(list(live)):
                rows[k].append(int(logits[j, len(rows[k]) - 1].argmax()))
            live = [k for k in live if rows[k][-1] != 2 and len(rows[k]) < 1024]
            if not live:
                break
        for k, i in enumerate(idx):
            new = rows[k][start[k]:]
            out[i] = (tok.decode([1] + new, skip_special_tokens=True).strip(), bool(new) and new[-1] == 2)
    return out
