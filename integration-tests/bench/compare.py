"""Runs djl-quant and llama.cpp on the same files, one after the other, several rounds, and prints the ratios.

    python compare.py --rounds 3 --threads 2 model.gguf ...

Needs: pip install -r requirements.txt (builds llama.cpp natively), and ./djl-quant built.
Each figure is the median over rounds; the spread is min-max of the per-round ratio.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KEYS = ["prefill_128", "prefill_512", "decode_64", "load_seconds", "first_token_seconds", "rss_bytes"]


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--streams", type=int, default=0, help="also compare that many answers at a time")
    parser.add_argument("--json", help="also write all raw figures here")
    a = parser.parse_args()
    keys = KEYS + (["stream_1", f"streams_{a.streams}"] if a.streams > 1 else [])
    common = ["--threads", str(a.threads)] + (["--streams", str(a.streams)] if a.streams > 1 else [])
    raw = {}
    for model in a.models:
        ours, theirs = [], []
        for _ in range(a.rounds):
            ours.append(run([os.path.join(ROOT, "djl-quant"), "bench", model, "--json", *common]))
            theirs.append(run([sys.executable, os.path.join(HERE, "llama_cpp_bench.py"), model, *common]))
        raw[model] = {"djl-quant": ours, "llama.cpp": theirs}
        size = os.path.getsize(model)
        print(f"\n{os.path.basename(model)} ({size / 1e6:.0f} MB), {a.threads} threads, {a.rounds} rounds, {ours[0]['kernels']}")
        print(f"{'':22}{'djl-quant':>12}{'llama.cpp':>12}{'ratio':>8}   spread")
        for key in keys:
            scale = 1e6 if key == "rss_bytes" else 1
            x = statistics.median(r[key] for r in ours) / scale
            y = statistics.median(r[key] for r in theirs) / scale
            ratios = sorted(o[key] / t[key] for o, t in zip(ours, theirs))
            print(f"{key:22}{x:12.2f}{y:12.2f}{x / y:8.2f}   {ratios[0]:.2f}-{ratios[-1]:.2f}")
    if a.json:
        with open(a.json, "w") as f:
            json.dump(raw, f, indent=1)


if __name__ == "__main__":
    main()
