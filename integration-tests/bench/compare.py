"""Runs djl-quant and the peers that are installed on the same models in turns, and writes what came out.

    python compare.py --rounds 3 --threads 2 1.1b:Q4_0 1.1b:GPTQ-4 model.gguf folder

A model is a GGUF file, a Hugging Face folder, or shape:type for random weights, which make_models.py makes
in integration-tests/target/bench. Peers, of which one that is not installed is left out and named with the reason:

- llama.cpp (llama-cpp-python) and java-llama.cpp, which read GGUF files only: beside a folder of random weights
  they run the Q4_0 file of the same shape, beside any other folder the file that --stand-in names;
- Jlama, for plain folders, and in its own 4-bit format beside random weights of type Q4_0 and GPTQ-4;
- transformers, for folders in bitsandbytes or plain formats.

Writes OUT.json, all figures of all runs, and OUT.html, tables and plots.
Each figure is the median over rounds; a spread is the least and the greatest of the rounds.
"""
import argparse
import glob
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

try:
    import report
    from make_models import FOLDERS
except ModuleNotFoundError as e:
    raise SystemExit(f"{e}: pip install -r integration-tests/bench/requirements.txt, or name another Python")

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
MADE = os.path.join(ROOT, "integration-tests", "target", "bench")
JAVA_PEERS = os.path.join(HERE, "peers", "target")
OURS = "djl-quant"
PEERS = ("llama.cpp", "java-llama.cpp", "Jlama", "transformers")
JLAMA_BESIDE = ("Q4_0", "GPTQ-4")  # Jlama's format has blocks of 32 with a scale, as Q4_0 has


def run(command):
    """The JSON object on the last line of a command's output, or an error of its last lines."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode or not done.stdout.strip():
        raise RuntimeError(f"{' '.join(command)} failed ({done.returncode}):\n" + "\n".join(done.stderr.splitlines()[-15:]))
    return json.loads(done.stdout.strip().splitlines()[-1])


def java():
    """The java of JDK 22 or newer, which Jlama's C kernels need, or None."""
    on_path = shutil.which("java")
    homes = [os.environ.get("JAVA_HOME"), *glob.glob("/usr/lib/jvm/*"),
             on_path and os.path.dirname(os.path.dirname(os.path.realpath(on_path)))]
    for home in filter(None, homes):
        release = os.path.join(home, "release")
        if os.path.exists(release):
            with open(release) as f:
                version = re.search(r'^JAVA_VERSION="(\d+)', f.read(), re.M)
            if version and int(version[1]) >= 22:
                return os.path.join(home, "bin", "java")
    return None


def missing():
    """Why a peer cannot run here, by name; those that can are not in it."""
    found = {}
    for peer, packages in {"llama.cpp": ["llama_cpp"], "transformers": ["torch", "transformers", "accelerate"]}.items():
        absent = [p for p in packages if importlib.util.find_spec(p) is None]
        if absent:
            found[peer] = f"not installed in this Python: {', '.join(absent)} (see integration-tests/bench/requirements.txt)"
    for peer in ("java-llama.cpp", "Jlama"):
        if not os.path.exists(os.path.join(JAVA_PEERS, "classpath")):
            found[peer] = "not built: mvn -q -f integration-tests/bench/peers/pom.xml compile"
        elif java() is None:
            found[peer] = "no JDK 22 or newer: let JAVA_HOME name one"
    return found


def made(spec):
    """The path of a random model, made if it is not there."""
    shape, ftype = spec.split(":")
    folder = ftype.split("-")[0] in FOLDERS
    path = os.path.join(MADE, f"{shape}-{ftype}" + ("" if folder else ".gguf"))
    if not os.path.exists(path):
        print(f"making {path}", file=sys.stderr)
        # made elsewhere and moved, so that what is there is whole
        with tempfile.TemporaryDirectory(dir=MADE, prefix="unfinished-") as part:
            part = os.path.join(part, os.path.basename(path))
            subprocess.run([sys.executable, os.path.join(HERE, "make_models.py"), shape, ftype, part], check=True)
            os.rename(part, path)
    return path


def is_random(model):
    return ":" in model and not os.path.exists(model)


def resolve(model, stand_in):
    """The path of a model and of the file that llama.cpp runs beside it, which may be None."""
    path = made(model) if is_random(model) else model
    if not os.path.exists(path):
        raise SystemExit(f"{model}: no such file or folder, and not shape:type")
    if not os.path.isdir(path):
        return path, path
    return path, made(model.split(":")[0] + ":Q4_0") if is_random(model) else stand_in


def quant_method(folder):
    with open(os.path.join(folder, "config.json")) as f:
        return json.load(f).get("quantization_config", {}).get("quant_method")


def contestants(model, path, stand_in, peers, variants, common):
    """Command and model file of each runtime that can run the model, by name."""
    ours = [os.path.join(ROOT, "djl-quant"), "bench", path, "--json", *common]
    found = {OURS: (ours, path)}
    for variant in variants:
        name, arguments = variant.split("=", 1)
        found[f"{OURS} {name}"] = (ours + arguments.split(), path)

    def script(name):
        return [sys.executable, os.path.join(HERE, name)]

    def program(name):
        with open(os.path.join(JAVA_PEERS, "classpath")) as f:
            path = os.path.join(JAVA_PEERS, "classes") + os.pathsep + f.read().strip()
        return [java(), "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED", "-cp", path, name]

    def add(name, command, file):
        found[name] = ([*command, file, *common], file)

    beside = "" if stand_in == path else " Q4_0" if is_random(model) else " stand-in"
    if stand_in and "llama.cpp" in peers:
        add("llama.cpp" + beside, script("llama_cpp_bench.py"), stand_in)
    if "--streams" in common:  # the others answer one request at a time
        return found
    if stand_in and "java-llama.cpp" in peers:
        add("java-llama.cpp" + beside, program("JavaLlamaCppBench"), stand_in)
    method = quant_method(path) if os.path.isdir(path) else "gguf"
    if "Jlama" in peers:
        if method is None:
            add("Jlama", program("JlamaBench"), path)
        elif is_random(model) and model.split(":")[1] in JLAMA_BESIDE:
            add("Jlama JQ4", program("JlamaBench"), made(model.split(":")[0] + ":JQ4"))
    if "transformers" in peers and (method is None or method == "bitsandbytes" and importlib.util.find_spec("bitsandbytes")):
        add("transformers" + (" + bitsandbytes" if method else ""), script("transformers_bench.py"), path)
    return found


def token_bytes(path):
    """Stored bytes that decoding a token reads: all but the embedding, if that is not the output matrix too."""
    if os.path.isdir(path):
        with open(os.path.join(path, "model.safetensors"), "rb") as f:
            header = json.loads(f.read(int.from_bytes(f.read(8), "little")))
        sizes = {name: t["data_offsets"][1] - t["data_offsets"][0] for name, t in header.items() if name != "__metadata__"}
        return sum(sizes.values()) - (sizes["model.embed_tokens.weight"] if "lm_head.weight" in sizes else 0)
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


def start_from_cache(path, common, folder):
    """Load and first token of ours when packed weights of the same model are kept in a folder, as of the second start."""
    command = [os.path.join(ROOT, "djl-quant"), "bench", path, "--json", "--start-only", "--packed-cache", folder, *common[:2]]
    if not os.listdir(folder):
        run(command)
    figures = run(command)
    return {"packed_" + key: figures[key] for key in ("load_seconds", "first_token_seconds")}


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


def measure(model, a, peers, common, cache):
    path, stand_in = resolve(model, a.stand_in)
    commands = contestants(model, path, stand_in, peers, a.variant, common)
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
                if name == OURS:
                    figures |= start_from_cache(path, common, cache)
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
    name = model if is_random(model) else os.path.basename(path.rstrip("/"))
    return {"model": name, "runs": runs, "failures": failures, **summary(runs)}


def write(path, text):
    """Replaces a file at once, so that whoever interrupts finds the one before or the new one."""
    part = path + ".part"
    with open(part, "w") as f:
        f.write(text)
    os.replace(part, path)


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
    parser.add_argument("--prompts", default="128,512", help="lengths of the prompts")
    parser.add_argument("--streams", type=int, default=0, help="also compare that many answers at a time")
    parser.add_argument("--peer", action="append", choices=PEERS, help="run only this one beside ours; may be given several times")
    parser.add_argument("--stand-in", help="the GGUF file that llama.cpp runs beside folders")
    parser.add_argument("--variant", action="append", default=[], metavar="NAME=ARGUMENTS",
                        help="also run djl-quant with more arguments, e.g. 'f16=--kv-cache-dtype F16'")
    parser.add_argument("--out", default="benchmark", help="writes OUT.json and OUT.html")
    a = parser.parse_args()
    if a.rounds < 1 or a.repeat < 1:
        parser.error("--rounds and --repeat must be at least 1")
    if not os.path.isdir(os.path.dirname(os.path.abspath(a.out))):
        parser.error(f"--out {a.out}: no such folder")
    common = ["--threads", str(a.threads), "--repeat", str(a.repeat), "--prompts", a.prompts]
    common += ["--context", str(a.context)] if a.context > 0 else []
    common += ["--streams", str(a.streams)] if a.streams > 1 else []
    reasons = missing()
    peers = [p for p in a.peer or PEERS if p not in reasons]
    left_out = {p: reasons[p] for p in a.peer or PEERS if p in reasons}
    for peer, reason in left_out.items():
        print(f"left out: {peer}, {reason}", file=sys.stderr)
    # the default ends this process alone, and leaves the runtime that it started running
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    os.makedirs(MADE, exist_ok=True)
    # builds what is missing, which would count for the first start
    subprocess.run([os.path.join(ROOT, "djl-quant"), "--version"], stdout=subprocess.DEVNULL, check=True)
    name, flags = cpu()
    document = {
        "machine": {"cpu": name, "flags": flags, "processors": len(os.sched_getaffinity(0)),
                    "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
                    "system": platform.platform(), "load_before": os.getloadavg()[0]},
        "command": " ".join(["compare.py", *sys.argv[1:]]),
        "time": time.strftime("%Y-%m-%d %H:%M %Z"),
        "rounds": a.rounds, "threads": a.threads, "left_out": left_out, "models": [],
    }
    for model in a.models:
        # ours can keep packed weights; a whole model's lie here while it is measured
        with tempfile.TemporaryDirectory(dir=MADE, prefix="packed-") as cache:
            document["models"].append(measure(model, a, peers, common, cache))
        print(report.text(document["models"][-1]))
        # after every model, since a whole comparison takes long
        write(a.out + ".json", json.dumps(document, indent=1))
        write(a.out + ".html", report.page(document))
    print(f"\nwritten: {a.out}.json, {a.out}.html")


if __name__ == "__main__":
    main()
