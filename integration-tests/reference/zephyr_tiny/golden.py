"""expected.json: rendered prompts, ids and greedy answers by transformers in f32 on the values the Q8_0 file holds."""

import argparse
import json
import tempfile

import gguf
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import export
import vocab

HELLO = [{"role": "user", "content": "Hello"}]
CHATS = [
    HELLO,
    [{"role": "user", "content": "Tell me a short story about a cat."}],
    [{"role": "user", "content": "What is the capital of France?"}],
    [{"role": "user", "content": "what is quantization"}],
    [{"role": "user", "content": "Who are you?"}],
    [{"role": "user", "content": "Mary has a red ball. John has a blue kite. What does John have?"}],
    [{"role": "user", "content": "Who wrote Hamlet?"}],
    [{"role": "user", "content": "Where does Zoë live? 東京\n\t  Two  spaces."}],
    [{"role": "system", "content": "You are a friendly chatbot who always responds in the style of a pirate."}, {"role": "user", "content": "What color is the sky?"}],
    [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": "What is the capital of Italy?"}],
    [{"role": "system", "content": "Answer in one word."}, {"role": "user", "content": "Which day comes after Monday?"}],
    [{"role": "system", "content": "You are Max, a friendly robot."}, {"role": "user", "content": "What is your name?"}],
    [{"role": "user", "content": "My name is Anna."}, {"role": "assistant", "content": "Hello, Anna! How can I help you today?"}, {"role": "user", "content": "Name three animals."},
     {"role": "assistant", "content": "Three animals are cat, dog and horse."}, {"role": "user", "content": "What is my name?"}],
]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--checkpoint", required=True)
    a.add_argument("--weights", default="ema")
    a.add_argument("--tokenizer", required=True)
    a.add_argument("--gguf", required=True, help="the written file: its tensors must hold these very values")
    a.add_argument("--out", required=True)
    args = a.parse_args()
    torch.set_num_threads(1)
    sd = export.q8_round_trip(export.weights(args.checkpoint, args.weights))
    stored = {t.name: t for t in gguf.GGUFReader(args.gguf).tensors}
    e = stored["token_embd.weight"]
    assert (torch.from_numpy(gguf.quants.dequantize(e.data, e.tensor_type)) == sd["embed_tokens.weight"]).all()
    with tempfile.TemporaryDirectory() as d:
        export.write_hf(d, sd, vocab.load(args.tokenizer), torch.float32)
        tok = AutoTokenizer.from_pretrained(d)
        model = AutoModelForCausalLM.from_pretrained(d, torch_dtype=torch.float32).eval()
        rows = []
        for chat in CHATS:
            prompt = tok.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
            ids = tok(prompt)["input_ids"]
            assert ids.count(1) == 1 and ids[0] == 1
            out = model.generate(torch.tensor([ids]), max_new_tokens=200, do_sample=False, attention_mask=torch.ones(1, len(ids), dtype=torch.long))[0, len(ids):].tolist()
            rows.append(dict(messages=chat, prompt=prompt, ids=ids, output_ids=out, text=tok.decode(ids + out, skip_special_tokens=True)[len(tok.decode(ids, skip_special_tokens=True)):]))
    with open(args.out, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(json.dumps(r, ensure_ascii=False) for r in rows) + "\n]\n")
    for r in rows:
        print(r["messages"][-1]["content"], "->", r["text"])


if __name__ == "__main__":
    main()
