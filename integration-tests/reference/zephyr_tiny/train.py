"""Trains zephyr-tiny on a CPU. The data are fresh dialogues, drawn from the step number alone, so a run can be resumed.

Learning rate: warm-up, constant, then linear to zero over the last steps. A file FINISH_NOW in the run folder (its content: the
number of steps left) starts that last part early. Everything depends on steps and never on the clock.
"""

import argparse
import os
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import dialogues
import tasks
import vocab
from model import Model

PROMPT_WEIGHT = 0.1
POOL = 384
MIXES = [(75, tasks.MIX_FIRST), (114, tasks.MIX), (None, tasks.MIX_LAST)]  # until which pool; about 1,400 and 600 batches of 3,072 tokens


def encode(tok, dialogs):
    """(ids, loss weights) of each dialogue: what encoding the whole rendered text gives, BOS once in front."""
    segments = []
    for d in dialogs:
        for i, m in enumerate(d):
            segments.append(("\n" if i else "") + f"<|{m['role']}|>\n{m['content']}")
    encoded = iter(tok.encode_batch(segments, add_special_tokens=False))
    out = []
    for d in dialogs:
        ids, w = [1], [0.0]
        for m in d:
            s = next(encoded).ids + [2]
            answer = m["role"] == "assistant"
            ids += s
            w += [0.0] * 4 + [1.0] * (len(s) - 4) if answer else [PROMPT_WEIGHT] * (len(s) - 1) + [0.0]
        out.append((ids, w))
    return out


def batches(tok, seed, tokens, context):
    """Endless batches; every pool of dialogues is made from (seed, number of the pool)."""
    pool = 0
    while True:
        r = random.Random(seed * 1000003 + pool)
        mix = next(m for until, m in MIXES if until is None or pool < until)
        rows = [(i[:context + 1], w[:context + 1]) for i, w in encode(tok, [dialogues.dialogue(r, mix) for _ in range(POOL)])]
        rows.sort(key=lambda x: len(x[0]))
        groups, cur = [], []
        for row in rows:
            if cur and (len(cur) + 1) * len(row[0]) > tokens:
                groups.append(cur)
                cur = []
            cur.append(row)
        groups.append(cur)
        r.shuffle(groups)
        for g in groups:
            n = max(len(i) for i, _ in g)
            ids, w = torch.zeros(len(g), n, dtype=torch.long), torch.zeros(len(g), n)
            for k, (i, x) in enumerate(g):
                ids[k, :len(i)], w[k, :len(x)] = torch.tensor(i), torch.tensor(x)
            yield ids, w
        pool += 1


class Muon(torch.optim.Optimizer):
    """Momentum whose update is made nearly orthogonal by a Newton-Schulz iteration (Jordan et al., 2024), for the matrices."""

    def __init__(self, params, lr, momentum=0.95, decay=0.05):
        super().__init__(params, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for g in self.param_groups:
            by_shape = {}
            for p in g["params"]:
                by_shape.setdefault(p.shape, []).append(p)
            for shape, ps in by_shape.items():
                us = []
                for p in ps:
                    buf = self.state[p].setdefault("buf", torch.zeros_like(p))
                    buf.lerp_(p.grad, 1 - g["momentum"])
                    us.append(p.grad.lerp(buf, g["momentum"]))
                u = torch.stack(us)
                flip = shape[0] > shape[1]
                x = (u.mT if flip else u).to(torch.bfloat16)
                x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
                for _ in range(5):
                    s = x @ x.mT
                    x = 3.4445 * x + (-4.7750 * s + 2.0315 * s @ s) @ x
                x = (x.mT if flip else x).float() * max(1.0, shape[0] / shape[1]) ** 0.5
                for p, d in zip(ps, x):
                    p.mul_(1 - g["lr"] * g["decay"]).add_(d, alpha=-g["lr"])


def loss_of(model, ids, w):
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(ids[:, :-1])
    ce = F.cross_entropy(logits.float().flatten(0, 1), ids[:, 1:].flatten(), reduction="none").view(ids.shape[0], -1)
    w = w[:, 1:]
    return (ce * w).sum() / w.sum(), ce.detach()


@torch.no_grad()
def evaluate(model, data):
    s = n = 0.0
    for ids, w in data:
        _, ce = loss_of(model, ids, w)
        mask = w[:, 1:] == 1
        s, n = s + ce[mask].sum().item(), n + mask.sum().item()
    return s / n


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--out", required=True)
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--steps", type=int, default=9000)
    a.add_argument("--decay", type=int, default=3000, help="last steps, with the learning rate going to zero")
    a.add_argument("--tokens", type=int, default=4096, help="tokens of a batch, padding included")
    a.add_argument("--lr", type=float, default=0.02)
    a.add_argument("--adam-lr", type=float, default=0.003)
    a.add_argument("--adam", action="store_true", help="AdamW for everything (the baseline)")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--save-every", type=int, default=200)
    args = a.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    (out / "train.pid").write_text(str(os.getpid()))
    tok = vocab.load(args.tokenizer)
    model = Model()
    mats = [p for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
    rest = [p for n, p in model.named_parameters() if not (p.dim() == 2 and "embed" not in n)]
    if args.adam:
        opts = [torch.optim.AdamW([dict(params=mats, weight_decay=0.1), dict(params=rest, weight_decay=0.0)], lr=args.adam_lr, betas=(0.9, 0.95))]
    else:
        opts = [Muon(mats, args.lr), torch.optim.AdamW(rest, lr=args.adam_lr, betas=(0.9, 0.95), weight_decay=0.0)]
    base = [[g["lr"] for g in o.param_groups] for o in opts]
    step, seen, end, decay, top, cpu = 0, 0, args.steps, args.decay, 1.0, 0.0
    ema = {k: v.clone() for k, v in model.state_dict().items()}
    ckpt = out / "checkpoint.pt"
    if ckpt.exists():
        c = torch.load(ckpt)
        model.load_state_dict(c["model"])
        for o, s in zip(opts, c["opts"]):
            o.load_state_dict(s)
        ema, step, seen, end, decay, top, cpu = c["ema"], c["step"], c["seen"], c["end"], c["decay"], c.get("top", 1.0), c["cpu"]
    data = batches(tok, args.seed, args.tokens, 1024)
    for _ in range(step):
        next(data)
    check = batches(tok, 900001, 8192, 1024)
    check = [next(check) for _ in range(10)]
    cpu0, t0, seen0 = time.process_time() - cpu, time.time(), seen

    def save():
        torch.save(dict(model=model.state_dict(), ema=ema, opts=[o.state_dict() for o in opts], step=step, seen=seen, end=end, decay=decay, top=top, cpu=time.process_time() - cpu0), out / "checkpoint.tmp")
        os.replace(out / "checkpoint.tmp", ckpt)

    run = 0.0
    while step < end:
        stop = out / "FINISH_NOW"
        if stop.exists():
            top *= min(1.0, max(end - step, 1) / decay)
            decay = int(stop.read_text().strip() or 500)
            end = step + decay
            stop.rename(out / "FINISH_SEEN")
        f = min((step + 1) / 100, top * min(1.0, max(end - step, 1) / decay))
        for o, ls in zip(opts, base):
            for g, lr in zip(o.param_groups, ls):
                g["lr"] = lr * f
        ids, w = next(data)
        loss, _ = loss_of(model, ids, w)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for o in opts:
            o.step()
            o.zero_grad()
        step, seen = step + 1, seen + ids.numel()
        d = min(0.998, step / (step + 20))
        for k, v in model.state_dict().items():
            ema[k].lerp_(v, 1 - d)
        run = loss.item() if step == 1 else 0.98 * run + 0.02 * loss.item()
        if step % 50 == 0:
            print(f"step {step} end {end} tokens {seen / 1e6:.2f}M loss {run:.3f} lr {f:.2f} {(seen - seen0) / (time.time() - t0):.0f} tok/s cpu {time.process_time() - cpu0:.0f}s {time.strftime('%H:%M:%S')}", flush=True)
        if step % args.save_every == 0 or step == end:
            live = evaluate(model, check)
            keep = {k: v.clone() for k, v in model.state_dict().items()}
            model.load_state_dict(ema)
            print(f"  answer loss {live:.4f}, averaged weights {evaluate(model, check):.4f}", flush=True)
            model.load_state_dict(keep)
            save()
    save()


if __name__ == "__main__":
    main()
