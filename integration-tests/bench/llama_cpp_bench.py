"""Times llama.cpp through llama-cpp-python's low-level API with llama.cpp's own defaults.

    python llama_cpp_bench.py model.gguf --threads 2

Prints one JSON object with the same keys as `djl-quant bench --json`.
"""
import argparse
import ctypes
import json
import resource
import time

import llama_cpp as L


def streams(context, memory, count, repeat, prompt=4, answer=64):
    """Tokens a second of several sequences that take every step together, prompts included in the time."""
    batch = L.llama_batch_init(count * prompt, 0, 1)

    def step(position, tokens):
        batch.n_tokens = count * tokens
        for i in range(batch.n_tokens):
            batch.token[i] = 300 + (i * 31 + position * 7) % 30000
            batch.pos[i] = position + i // count
            batch.n_seq_id[i] = 1
            batch.seq_id[i][0] = i % count
            batch.logits[i] = i // count == tokens - 1
        if L.llama_decode(context, batch) != 0:
            raise SystemExit("llama_decode failed")
        L.llama_synchronize(context)

    best = None
    for _ in range(repeat + 1):
        L.llama_memory_clear(memory, True)
        begin = time.perf_counter()
        step(0, prompt)
        for i in range(answer - 1):
            step(prompt + i, 1)
        seconds = time.perf_counter() - begin
        best = seconds if best is None else min(best, seconds)
    L.llama_batch_free(batch)
    return count * answer / best


def main():
    args = argparse.ArgumentParser()
    args.add_argument("model")
    args.add_argument("--threads", type=int, default=2)
    args.add_argument("--repeat", type=int, default=3, help="repetitions after one to warm up, of which the best counts")
    args.add_argument("--prompts", default="128,512", help="lengths of the prompts")
    args.add_argument("--context", type=int, default=0, help="also decode behind that many tokens")
    args.add_argument("--streams", type=int, default=0, help="also decode that many sequences at a time")
    a = args.parse_args()
    lengths = [int(n) for n in a.prompts.split(",")]

    quiet = L.llama_log_callback(lambda level, text, user: None)
    L.llama_log_set(quiet, ctypes.c_void_p(0))
    L.llama_backend_init()
    start = time.perf_counter()
    model = L.llama_model_load_from_file(a.model.encode(), L.llama_model_default_params())
    if not model:
        raise SystemExit(f"cannot load {a.model}")
    params = L.llama_context_default_params()
    params.n_ctx = max(1024, 128 * a.streams, a.context + 64, *lengths)
    params.n_seq_max = max(1, a.streams)
    params.kv_unified = True
    params.n_threads = a.threads
    params.n_threads_batch = a.threads
    context = L.llama_init_from_model(model, params)
    load_seconds = time.perf_counter() - start
    memory = L.llama_get_memory(context)

    def run(tokens):
        array = (L.llama_token * len(tokens))(*tokens)
        batch = L.llama_batch_get_one(array, len(tokens))
        if L.llama_decode(context, batch) != 0:
            raise SystemExit("llama_decode failed")
        L.llama_synchronize(context)

    def prefill(tokens):
        L.llama_memory_clear(memory, True)
        begin = time.perf_counter()
        run(prompt[:tokens])
        return time.perf_counter() - begin

    def decode_behind(context):
        """The best time of 64 tokens behind a prompt, which is computed once."""
        L.llama_memory_clear(memory, True)
        for at in range(0, context, 512):
            run(prompt[:min(512, context - at)])
        times = []
        for _ in range(a.repeat + 1):
            L.llama_memory_seq_rm(memory, 0, context, -1)
            begin = time.perf_counter()
            for i in range(64):
                run([prompt[i]])
            times.append(time.perf_counter() - begin)
        return min(times[1:])

    prompt = [1] + [300 + i * 37 % 30000 for i in range(max(512, *lengths) - 1)]
    begin = time.perf_counter()
    run(prompt[:8])
    first = load_seconds + time.perf_counter() - begin
    result = {f"prefill_{n}": n / min([prefill(n) for _ in range(a.repeat + 1)][1:]) for n in lengths}
    result["decode_64"] = 64 / decode_behind(8)
    if a.context > 0:
        result[f"decode_64_at_{a.context}"] = 64 / decode_behind(a.context)
    if a.streams > 1:
        result["stream_1"] = streams(context, memory, 1, a.repeat)
        result[f"streams_{a.streams}"] = streams(context, memory, a.streams, a.repeat)
    result["load_seconds"] = load_seconds
    result["first_token_seconds"] = first
    result["rss_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result["threads"] = a.threads
    result["kernels"] = "llama.cpp " + L.__version__
    print(json.dumps(result))


if __name__ == "__main__":
    main()
