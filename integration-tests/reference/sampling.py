"""Golden data of the sampler chain: logits, and the scores transformers' processors leave of them.

    python sampling.py ../src/test/resources/golden/sampling.json

A removed token is null. The processors run in the order GenerationMixin builds them.
"""
import json
import sys

import numpy as np
import torch
from transformers.generation.logits_process import (
    LogitsProcessorList, MinPLogitsWarper, RepetitionPenaltyLogitsProcessor, TemperatureLogitsWarper,
    TopKLogitsWarper, TopPLogitsWarper)

# temperature, top_k, top_p, min_p, repetition_penalty
SETTINGS = [
    (1.0, 0, 1.0, 0.0, 1.0),
    (0.7, 0, 1.0, 0.0, 1.0),
    (1.0, 0, 1.0, 0.0, 1.3),
    (1.0, 0, 1.0, 0.0, 0.8),
    (1.0, 5, 1.0, 0.0, 1.0),
    (1.0, 1, 1.0, 0.0, 1.0),
    (1.0, 500, 1.0, 0.0, 1.0),
    (1.0, 0, 0.9, 0.0, 1.0),
    (1.0, 0, 0.3, 0.0, 1.0),
    (1.0, 0, 0.01, 0.0, 1.0),
    (1.0, 0, 1.0, 0.05, 1.0),
    (1.0, 0, 1.0, 1.0, 1.0),
    (0.7, 50, 0.95, 0.0, 1.0),
    (1.4, 10, 0.8, 0.1, 1.1),
    (0.2, 20, 0.5, 0.2, 1.5),
    (3.0, 0, 0.99, 0.01, 1.2),
]
PROMPT = [3, 5, 5, 11, 0, 31]


def processors(temperature, top_k, top_p, min_p, repetition_penalty):
    chain = LogitsProcessorList()
    if repetition_penalty != 1.0:
        chain.append(RepetitionPenaltyLogitsProcessor(repetition_penalty))
    if temperature != 1.0:
        chain.append(TemperatureLogitsWarper(temperature))
    if top_k > 0:
        chain.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        chain.append(TopPLogitsWarper(top_p))
    if min_p > 0.0:
        chain.append(MinPLogitsWarper(min_p))
    return chain


def shapes():
    rng = np.random.default_rng(7)
    normal = (rng.standard_normal(48) * 3).astype(np.float32)
    flat = (rng.standard_normal(48) * 0.05).astype(np.float32)
    peaked = np.where(np.arange(48) == 17, 14, rng.standard_normal(48)).astype(np.float32)
    equals = rng.integers(-3, 4, 48).astype(np.float32)
    return {"normal": normal, "flat": flat, "peaked": peaked, "equals": equals}


cases = []
for name, logits in shapes().items():
    for setting in SETTINGS:
        if name == "equals" and setting[2] < 1.0:
            continue  # torch.sort does not say which of equal scores top_p keeps
        left = processors(*setting)(torch.tensor([PROMPT]), torch.from_numpy(logits)[None].clone())[0]
        cases.append({
            "logits": name, "temperature": setting[0], "topK": setting[1], "topP": setting[2], "minP": setting[3],
            "repetitionPenalty": setting[4],
            "left": [None if v == -float("inf") else v for v in left.tolist()]})
with open(sys.argv[1], "w") as out:
    json.dump({"prompt": PROMPT, "logits": {k: v.tolist() for k, v in shapes().items()}, "cases": cases}, out)
    out.write("\n")
