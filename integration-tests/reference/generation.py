"""Golden data of whole generations: what transformers generates with a tiny model, and how it scores a text.

    python generation.py ../src/test/resources/golden

The models are those of models.py. End tokens are taken from what a search without any finds, so that beams end at different
lengths. A case is left out if a change of the scores by a thousandth, far above rounding, changes its outcome.
"""
import json
import pathlib
import sys

import torch
import transformers
from transformers import LogitsProcessor, LogitsProcessorList

MODELS = ["gpt2-f32", "mistral-f32-window"]
NEW_TOKENS = 18

BEAMS = [
    dict(num_beams=2),
    dict(num_beams=3, num_return_sequences=3),
    dict(num_beams=4, length_penalty=0.0, num_return_sequences=2),
    dict(num_beams=4, length_penalty=2.0, early_stopping="never", num_return_sequences=4),
    dict(num_beams=4, length_penalty=-1.0, early_stopping="never"),
    dict(num_beams=3, early_stopping=True, num_return_sequences=3),
    dict(num_beams=5, early_stopping=True, length_penalty=0.5),
    dict(num_beams=6, early_stopping=False, num_return_sequences=6, max_new_tokens=7),
    dict(num_beams=3, repetition_penalty=1.3, no_repeat_ngram_size=2),
    dict(num_beams=4, min_new_tokens=9, num_return_sequences=2),
    dict(num_beams=16, num_return_sequences=16),
]
GREEDY = [
    dict(repetition_penalty=1.5),
    dict(no_repeat_ngram_size=1),
    dict(no_repeat_ngram_size=2),
    dict(min_new_tokens=12),
]


class Noise(LogitsProcessor):
    def __init__(self, seed):
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, input_ids, scores):
        return scores + 1e-3 * torch.randn(scores.shape, generator=self.generator)


def generate(model, prompt, settings, eos, noise=None):
    settings = {"max_new_tokens": NEW_TOKENS, **settings}
    out = model.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt), dtype=torch.long), do_sample=False,
        eos_token_id=eos or None, pad_token_id=VOCABULARY - 1, return_dict_in_generate=True, output_scores=True,
        logits_processor=LogitsProcessorList([noise] if noise else []), **settings)
    answers = []
    for sequence in out.sequences[:, len(prompt):].tolist():
        end = next((i for i, token in enumerate(sequence) if token in eos), None)
        answers.append({"tokens": sequence[:end], "finish": "LENGTH" if end is None else "STOP"})
    if "num_beams" in settings:
        for answer, score in zip(answers, out.sequences_scores.tolist()):
            answer["score"] = score
    return settings, answers


def end_tokens(model, prompt):
    """Two tokens that beams meet in the middle."""
    _, found = generate(model, prompt, dict(num_beams=4, num_return_sequences=4), [])
    return sorted({found[0]["tokens"][10], found[-1]["tokens"][6]})


def log_probs(model, ids):
    with torch.no_grad():
        scores = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return scores[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].tolist()


def sliding(model, ids, context, stride, bos):
    """Sum and number of negative log-likelihoods, each token once, as the guide of transformers to perplexity computes them."""
    total, count, done = 0.0, 0, 1 if bos is None else 0
    room = context - (bos is not None)
    for begin in range(0, len(ids), stride):
        end = min(begin + room, len(ids))
        window = ids[begin:end] if bos is None else [bos] + ids[begin:end]
        wanted = end - done
        total -= sum(log_probs(model, window)[-wanted:]) if wanted else 0
        count += wanted
        done = end
        if end == len(ids):
            break
    return {"context": context, "stride": stride, "bos": -1 if bos is None else bos, "nats": total, "tokens": count}


golden = pathlib.Path(sys.argv[1])
result = {}
for name in MODELS:
    model = transformers.AutoModelForCausalLM.from_pretrained(
        golden / "models" / name, torch_dtype=torch.float32, attn_implementation="eager").eval()
    VOCABULARY = model.config.vocab_size
    reference = json.loads((golden / "models" / name / "reference.json").read_text())
    cases = []
    for i, settings in enumerate(BEAMS + GREEDY):
        prompt = reference["prompt"][i:i + 9]
        eos = end_tokens(model, prompt)
        settings, answers = generate(model, prompt, settings, eos)
        others = [generate(model, prompt, settings, eos, Noise(seed))[1] for seed in range(3)]
        if any([a["tokens"] for a in other] != [a["tokens"] for a in answers] for other in others):
            print("left out:", name, settings)
            continue
        cases.append({"prompt": prompt, "settings": {**settings, "eos_token_id": eos}, "answers": answers})
    text = (reference["prompt"] + reference["greedy"])[:50]
    result[name] = {
        "cases": cases, "text": text, "logProbs": log_probs(model, text),
        "windows": [sliding(model, text, *how) for how in [
            (64, 64, None), (16, 16, None), (16, 8, None), (20, 5, None), (16, 10, 1), (12, 11, 1), (64, 32, 1)]]}
    print(name, len(cases), [[a["finish"] + str(len(a["tokens"])) for a in c["answers"]] for c in cases])
(golden / "generation.json").write_text(json.dumps(result) + "\n")
