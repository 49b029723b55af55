"""Runs djl-quant and the peers that are installed on the same models in turns, and writes what came out.

    python compare.py --rounds 3 --threads 2 1.1b:Q4_0 1.1b:GPTQ-4 model.gguf folder

A model is a GGUF file, a Hugging Face folder, or shape:type for random weights, which make_models.py makes
in integration-tests/target/bench. llama.cpp reads GGUF files only: beside a folder of random weights it runs
the Q4_0 file of the same shape, beside any other folder the file that --stand-in names.

Peers: llama.cpp (llama-cpp-python) and, for folders in bitsandbytes or plain formats, transformers. One that is
not installed is left out. Writes OUT.json, all figures of all runs, and OUT.html, tables and plots.
Each figure is the median over rounds; a spread is the least and the greatest of the rounds.
"""
import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
import time

import report

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MADE = os.path.join(ROOT, "integration-tests", "target", "bench")
OURS = "djl-quant"


def run(command):
    """The JSON object on the last line of a command's output, or an error of its last lines."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(f"{' '.join(command)} failed ({done.returncode}):\n" + "\n".join(done.stderr.splitlines()[-15:]))
    return json.loads(done.stdout.strip().splitlines()[-1])


def installed(*packages):
    return all(importlib.util.find_spec(p) for p in packages)


def made(spec):
    """The path of a random model, made if it is not there."""
    shape, ftype = spec.split(":")
    folder = ftype.split("-")[0] in ("GPTQ", "AWQ", "NF4", "BF16")
    path = os.path.join(MADE, f"{shape}-{ftype}" + ("" if folder else ".gguf"))
    if not os.path.exists(path):
        os.makedirs(MADE, exist_ok=True)
        print(f"making {path}", file=sys.stderr)
        part = os.path.join(MADE, "unfinished-" + os.path.basename(path))
        subprocess.run([sys.executable, os.path.join(HERE, "make_models.py"), shape, ftype, part], check=True)
        os.rename(part, path)
    return path


def resolve(model, stand_in):
    """The path of a model and of the file that llama.cpp runs beside it, which may be None."""
    random = ":" in model and not os.path.exists(model)
    path = made(model) if random else model
    if not os.path.isdir(path):
        return path, path
    return path, made(model.split(":")[0] + ":Q4_0") if random else stand_in


def quant_method(folder):
    with open(os.path.join(folder, "config.json")) as f:
        return json.load(f).get("quantization_config", {}).get("quant_method")


def contestants(path, stand_in, variants, common):
    """Command and model file of each runtime that can run the model, by name."""
    ours = [os.path.join(ROOT, "djl-quant"), "bench", path, "--json", *common]
    found = {OURS: (ours, path)}
    for variant in variants:
        name, arguments = variant.split("=", 1)
        found[f"{OURS} {name}"] = (ours + arguments.split(), path)
    if stand_in and installed("llama_cpp"):
        name = "llama.cpp" if stand_in == path else "llama.cpp Q4_0" if "Q4_0" in stand_in else "llama.cpp stand-in"
        found[name] = ([sys.executable, os.path.join(HERE, "llama_cpp_bench.py"), stand_in, *common], stand_in)
    if os.path.isdir(path) and installed("torch", "transformers", "accelerate") and "--streams" not in common:
        method = quant_method(path)
        if method is None or method == "bitsandbytes" and installed("bitsandbytes"):
            name = "transformers" + (" + bitsandbytes" if method else "")
            found[name] = ([sys.executable, os.path.join(HERE, "transformers_bench.py"), path, *common], path)
    return found


def token_bytes(path):
    """Stored bytes that decoding a token reads: all but the embedding, if that is not the output matrix too."""
    import gguf
    sizes = {t.name: int(t.n_bytes) for t in gguf.GGUFReader(path).tensors}
    return sum(sizes.values()) - (sizes["token_embd.weight"] if "output.weight" in sizes else 0)


def warm(path):
    """Reads the files once, so that no runtime finds them on disk and another in memory."""
    files = [os.path.join(path, f) for f in os.listdir(path)] if os.path.isdir(path) else [path]
    for file in files:
        with open(file, "rb") as f:
            while f.read(1 << 24):
                pass


def derive(figures, ours, size):
    """Adds what follows from the figures of a run: the share of memory bandwidth and the cost of context."""
    figures["decode_bandwidth_share"] = figures["decode_64"] * size / ours["memory_bytes_per_second"]
    for key in [k for k in figures if k.startswith("decode_64_at_")]:
        figures["token_time_" + key[len("decode_64_"):]] = figures["decode_64"] / figures[key]
    if "kv_bytes" in figures:
        figures["rss_of_bound"] = figures["rss_bytes"] / (1.15 * figures["weight_bytes"] + figures["kv_bytes"] + 200e6)


def summary(runs):
    """Median, least and greatest of each figure, and of its ratio of the same round to each peer."""
    result = {}
    for name, rounds in runs.items():
        figures = {}
        for key, value in rounds[0].items():
            if isinstance(value, (int, float)):
                values = [r[key] for r in rounds]
                figures[key] = {"median": statistics.median(values), "min": min(values), "max": max(values)}
        result[name] = figures
    ratios = {}
    for name, rounds in runs.items():
        if name.startswith(OURS):
            for peer, others in runs.items():
                if peer != name and (name == OURS or not peer.startswith(OURS)):
                    ratios[f"{name} / {peer}"] = {
                        key: {"median": statistics.median(q), "min": min(q), "max": max(q)}
                        for key in result[name] if key in result[peer] and key != "threads"
                        for q in [[o[key] / t[key] for o, t in zip(rounds, others)]]}
    return {"figures": result, "ratios": ratios}


def measure(model, a, common):
    path, stand_in = resolve(model, a.stand_in)
    commands = contestants(path, stand_in, a.variant, common)
    sizes = {}
    runs = {name: [] for name in commands}
    failures = {}
    for file in {file for _, file in commands.values()}:
        warm(file)
    for i in range(a.rounds):
        round_of_ours = None
        for name, (command, file) in commands.items():
            if name in failures:
                continue
            print(f"{model}: round {i + 1} of {a.rounds}, {name}", file=sys.stderr)
            try:
                figures = run(command)
            except RuntimeError as e:
                if name == OURS:
                    raise SystemExit(str(e))
                print(e, file=sys.stderr)
                failures[name] = str(e)
                del runs[name]
                continue
            round_of_ours = round_of_ours or figures
            if file not in sizes:
                sizes[file] = figures["token_bytes"] if "token_bytes" in figures else token_bytes(file)
            derive(figures, round_of_ours, sizes[file])
            runs[name].append(figures)
    return {"model": os.path.basename(path.rstrip("/")) if ":" not in model else model, "runs": runs, "failures": failures, **summary(runs)}


def cpu():
    with open("/proc/cpuinfo") as f:
        fields = dict(line.split(":", 1) for line in f if ":" in line)
    fields = {k.strip(): v.strip() for k, v in fields.items()}
    flags = fields.get("flags", "").split()
    return fields.get("model name", platform.machine()), [f for f in ("avx2", "fma", "avx512f", "avx512_vnni") if f in flags]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=3, help="repetitions within a run, of which the best counts")
    parser.add_argument("--context", type=int, default=4096, help="also decode behind that many tokens; 0 for not")
    parser.add_argument("--streams", type=int, default=0, help="also compare that many answers at a time")
    parser.add_argument("--stand-in", help="the GGUF file that llama.cpp runs beside folders")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=ARGUMENTS",
                        help="also run djl-quant with more arguments, e.g. 'f16=--kv-cache-dtype F16'")
    parser.add_argument("--out", default="benchmark", help="writes OUT.json and OUT.html")
    a = parser.parse_args()
    if a.rounds < 1 or a.repeat < 1:
        parser.error("--rounds and --repeat must be at least 1")
    common = ["--threads", str(a.threads), "--repeat", str(a.repeat)]
    common += ["--context", str(a.context)] if a.context > 0 else []
    common += ["--streams", str(a.streams)] if a.streams > 1 else []
    name, flags = cpu()
    document = {
        "machine": {"cpu": name, "flags": flags, "processors": len(os.sched_getaffinity(0)),
                    "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
                    "system": platform.platform(), "load_before": os.getloadavg()[0]},
        "command": " ".join(["compare.py", *sys.argv[1:]]),
        "time": time.strftime("%Y-%m-%d %H:%M %Z"),
        "rounds": a.rounds, "threads": a.threads, "models": [],
    }
    for model in a.models:
        document["models"].append(measure(model, a, common))
        print(report.text(document["models"][-1]))
        # after every model, since a whole comparison takes long
        with open(a.out + ".json", "w") as f:
            json.dump(document, f, indent=1)
        with open(a.out + ".html", "w") as f:
            f.write(report.page(document))
    print(f"\nwritten: {a.out}.json, {a.out}.html")


if __name__ == "__main__":
    main()
