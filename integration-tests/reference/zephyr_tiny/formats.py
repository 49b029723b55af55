"""How far simple quantizations of the seven projections are from the float model: KL divergence, top-1 agreement, perplexity, exact answers."""

import argparse
import json
import math

import gguf
import torch
import torch.nn.functional as F

import exam
import export
import generate
import train
import vocab
from model import Model

NF4 = torch.tensor([-1.0, -0.6961928, -0.52507305, -0.39491749, -0.28444138, -0.18477343, -0.09105004, 0.0, 0.0795803, 0.1609302, 0.2461123, 0.33791524, 0.44070983, 0.562617, 0.72295684, 1.0])


def affine(bits, group):
    """Round to nearest between the smallest and largest value of a group."""
    def q(w):
        g = w.reshape(-1, group)
        lo, hi = g.amin(1, True), g.amax(1, True)
        s = (hi - lo).clamp_min(1e-12) / (2 ** bits - 1)
        return (((g - lo) / s).round() * s + lo).reshape(w.shape)
    return q


def nf4(w):
    g = w.reshape(-1, 64)
    s = g.abs().amax(1, True).clamp_min(1e-12)
    return (NF4[(g / s).unsqueeze(-1).sub(NF4).abs().argmin(-1)] * s).reshape(w.shape)


def block(name):
    t = gguf.GGMLQuantizationType[name]
    return lambda w: torch.from_numpy(gguf.quants.dequantize(gguf.quants.quantize(w.numpy(), t), t))


SCHEMES = {"bf16": lambda w: w.bfloat16().float(), "Q8_0": block("Q8_0"), "6 bit g32": affine(6, 32), "5 bit g32": affine(5, 32), "4 bit g32": affine(4, 32), "Q4_0": block("Q4_0"), "NF4 g64": nf4,
           "3 bit g32": affine(3, 32), "2 bit g32": affine(2, 32)}


def float_model(sd):
    m = Model()
    m.load_state_dict(sd)
    return m.eval()


@torch.no_grad()
def logits(model, data):
    return [F.log_softmax(model(ids[:, :-1])[w[:, 1:] == 1], -1) for ids, w in data]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--checkpoint", required=True)
    a.add_argument("--weights", default="ema")
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--exam")
    args = a.parse_args()
    torch.set_num_threads(1)
    sd, tok = export.weights(args.checkpoint, args.weights), vocab.load(args.tokenizer)
    source = train.batches(tok, 900002, 8192, 1024)
    data = [next(source) for _ in range(12)]
    target = [ids[:, 1:][w[:, 1:] == 1] for ids, w in data]
    ref = logits(float_model(sd), data)
    rows = [json.loads(x) for x in open(args.exam, encoding="utf-8")] if args.exam else []
    n = sum(len(t) for t in target)
    print(n, "answer tokens; perplexity of the float model", math.exp(sum(F.nll_loss(p, t, reduction="sum").item() for p, t in zip(ref, target)) / n))
    for name, q in SCHEMES.items():
        changed = {k: q(v) if k.endswith("proj.weight") else v for k, v in sd.items()}
        got = logits(float_model(changed), data)
        kl = sum((p.exp() * (p - g)).sum().item() for p, g in zip(ref, got)) / n
        top = sum((p.argmax(-1) == g.argmax(-1)).sum().item() for p, g in zip(ref, got)) / n
        ppl = math.exp(sum(F.nll_loss(g, t, reduction="sum").item() for g, t in zip(got, target)) / n)
        line = f"| {name} | {kl:.2e} | {100 * top:.2f}% | {ppl:.4f} |"
        if rows:
            ans = generate.greedy(generate.load(changed), tok, [generate.prompt_ids(tok, x["messages"]) for x in rows], 100)
            line += f" {100 * sum(t == x['answer'] for x, (t, _) in zip(rows, ans)) / len(rows):.1f}% |"
        print(line, flush=True)


if __name__ == "__main__":
    main()
