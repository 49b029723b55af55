"""Times a Hugging Face folder in transformers on the processor, with bitsandbytes where its configuration says so.

    python transformers_bench.py folder --threads 2

Prints one JSON object with the same keys as `djl-quant bench --json`. Random weights need no tokenizer.
"""
import argparse
import json
import resource
import time

start = time.perf_counter()
import torch
import transformers
from transformers import AutoModelForCausalLM, DynamicCache


def main():
    args = argparse.ArgumentParser()
    args.add_argument("model")
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--repeat", type=int, default=3)
    args.add_argument("--prompts", default="128,512", help="lengths of the prompts")
    args.add_argument("--context", type=int, default=0, help="also decode behind that many tokens")
    a = args.parse_args()
    lengths = [int(n) for n in a.prompts.split(",")]
    torch.set_num_threads(a.threads)
    begin = time.perf_counter()
    model = AutoModelForCausalLM.from_pretrained(a.model, dtype=torch.bfloat16, device_map="cpu")
    load_seconds = time.perf_counter() - begin
    vocabulary = model.config.vocab_size
    prompt = torch.tensor([[(300 + i * 37) % vocabulary for i in range(max(512, *lengths))]])

    def run(tokens, cache):
        model(tokens, past_key_values=cache, use_cache=True, logits_to_keep=1)

    def prefill(tokens):
        begin = time.perf_counter()
        run(prompt[:, :tokens], DynamicCache())
        return time.perf_counter() - begin

    def decode(cache):
        begin = time.perf_counter()
        for i in range(64):
            run(prompt[:, i:i + 1], cache)
        return time.perf_counter() - begin

    def decode_behind(context):
        cache = DynamicCache()
        for at in range(0, context, 512):
            run(prompt[:, :min(512, context - at)], cache)
        times = []
        for _ in range(a.repeat + 1):
            cache.crop(context)
            times.append(decode(cache))
        return min(times[1:])

    with torch.inference_mode():
        prefill(8)
        result = {"first_token_seconds": time.perf_counter() - start}
        for tokens in lengths:
            result[f"prefill_{tokens}"] = tokens / min([prefill(tokens) for _ in range(a.repeat + 1)][1:])
        result["decode_64"] = 64 / decode_behind(8)
        if a.context > 0:
            result[f"decode_64_at_{a.context}"] = 64 / decode_behind(a.context)
    result["load_seconds"] = load_seconds
    result["rss_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result["threads"] = a.threads
    result["kernels"] = f"transformers {transformers.__version__}, torch {torch.__version__}"
    print(json.dumps(result))


if __name__ == "__main__":
    main()
