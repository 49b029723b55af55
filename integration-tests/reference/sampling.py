"""Golden data of the sampler chain: logits, and the scores transformers' processors leave of them.

    python sampling.py ../src/test/resources/golden/sampling.json

A removed token is null. The processors run in the order GenerationMixin builds them. transformers has no frequency and presence
penalty; they are computed here as OpenAI's API reference defines them, on the answer alone, after the repetition penalty.
"""
import json
import sys

import numpy as np
import torch
from transformers import GenerationConfig
from transformers.generation import GenerationMixin
from transformers.generation.logits_process import LogitsProcessor

VOCABULARY = 48
PROMPT = [3, 5, 5, 11, 0, 31]
ANSWER = [7, 5, 11, 0, 7, 7, 20, 5]
EOS = [17, 2]

SETTINGS = [
    dict(),
    dict(temperature=0.7),
    dict(repetition_penalty=1.3),
    dict(repetition_penalty=0.8),
    dict(top_k=5),
    dict(top_k=1),
    dict(top_k=500),
    dict(top_p=0.9),
    dict(top_p=0.3),
    dict(top_p=0.01),
    dict(min_p=0.05),
    dict(min_p=1.0),
    dict(typical_p=0.9),
    dict(typical_p=0.5),
    dict(typical_p=0.05),
    dict(typical_p=0.999),
    dict(frequency_penalty=0.5),
    dict(frequency_penalty=-2.0),
    dict(presence_penalty=1.5),
    dict(frequency_penalty=0.3, presence_penalty=-0.7),
    dict(logit_bias={"5": -100.0, "17": 2.5, "40": 7.25}),
    dict(no_repeat_ngram_size=1),
    dict(no_repeat_ngram_size=2),
    dict(no_repeat_ngram_size=3),
    dict(no_repeat_ngram_size=99),
    dict(bad_words_ids=[[4], [17], [5, 9], [20, 5, 30], [20, 4, 31], [5] * 20 + [6]]),
    dict(min_new_tokens=8),
    dict(min_new_tokens=9),
    dict(temperature=0.7, top_k=50, top_p=0.95),
    dict(temperature=1.4, top_k=10, top_p=0.8, min_p=0.1, repetition_penalty=1.1),
    dict(temperature=0.2, top_k=20, top_p=0.5, min_p=0.2, repetition_penalty=1.5),
    dict(temperature=3.0, top_p=0.99, min_p=0.01, repetition_penalty=1.2),
    dict(temperature=1.7, top_k=30, top_p=0.97, min_p=0.005, typical_p=0.8),
    dict(temperature=0.9, top_k=40, repetition_penalty=1.2, frequency_penalty=0.4, presence_penalty=0.2,
         no_repeat_ngram_size=2, min_new_tokens=10, logit_bias={"17": 9.0, "3": 1.0}, bad_words_ids=[[31], [5, 11]]),
]


class CountPenalty(LogitsProcessor):
    """mu[j] - c[j] * frequency - (c[j] > 0) * presence"""

    def __init__(self, frequency, presence):
        self.frequency, self.presence = frequency, presence

    def __call__(self, input_ids, scores):
        counts = torch.bincount(input_ids[0, len(PROMPT):], minlength=VOCABULARY)
        return scores - counts * self.frequency - (counts > 0) * self.presence


def processors(settings):
    settings = {"top_k": 0, **settings}
    frequency, presence = settings.pop("frequency_penalty", 0), settings.pop("presence_penalty", 0)
    bias = settings.pop("logit_bias", None)
    config = GenerationConfig(
        do_sample=True, eos_token_id=EOS,
        sequence_bias={(int(token),): value for token, value in bias.items()} if bias else None, **settings)
    config._eos_token_tensor = torch.tensor(EOS)
    chain = GenerationMixin._get_logits_processor(GenerationMixin(), config, len(PROMPT), None, None, [])
    if frequency or presence:
        names = [type(each).__name__ for each in chain]
        after = ["SequenceBiasLogitsProcessor", "RepetitionPenaltyLogitsProcessor"]
        chain.insert(sum(name in after for name in names), CountPenalty(frequency, presence))
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
    for settings in SETTINGS:
        if name == "equals" and settings.get("top_p", 1.0) < 1.0:
            continue  # torch.sort does not say which of equal scores top_p keeps
        left = processors(settings)(torch.tensor([PROMPT + ANSWER]), torch.from_numpy(logits)[None].clone())[0]
        cases.append({
            "logits": name, "settings": settings, "left": [None if v == -float("inf") else v for v in left.tolist()]})
with open(sys.argv[1], "w") as out:
    json.dump({
        "prompt": PROMPT, "answer": ANSWER, "eos": EOS, "logits": {k: v.tolist() for k, v in shapes().items()},
        "cases": cases}, out)
    out.write("\n")
