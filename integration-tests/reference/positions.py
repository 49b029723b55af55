"""Logits of golden models at positions that do not count tokens, by transformers.

    python positions.py ../src/test/resources/golden/models > ../src/test/resources/golden/positions.json
"""
import json
import pathlib
import sys

import torch
import transformers

CASES = ["gpt2-f32", "opt-f16", "mistral-f32-window", "gemma3-bf16", "glm4-f16"]


def main(root):
    result = {}
    for case in CASES:
        prompt = json.loads((root / case / "reference.json").read_text())["prompt"][:20]
        steps = torch.randint(0, 4, (len(prompt),), generator=torch.Generator().manual_seed(7))
        positions = (3 + steps.cumsum(0)).tolist()
        model = transformers.AutoModelForCausalLM.from_pretrained(
            root / case, torch_dtype=torch.float32, attn_implementation="eager").eval()
        with torch.no_grad():
            logits = model(torch.tensor([prompt]), position_ids=torch.tensor([positions])).logits[0, -1]
        result[case] = {"tokens": prompt, "positions": positions, "logits": [round(x, 6) for x in logits.tolist()]}
    print(json.dumps(result))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
