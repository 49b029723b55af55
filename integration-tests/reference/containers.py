"""Golden containers by the reference libraries, and the check that those read what this project writes.

    python containers.py                       writes ../src/test/resources/golden/containers
    python containers.py --check FILE GOLDEN   compares two GGUF or two safetensors files as the libraries read them

Packages: gguf, safetensors, numpy (requirements.txt).
"""

import argparse
import hashlib
import json
import pathlib

import gguf
import numpy as np
from safetensors.numpy import load_file, save_file

OUT = pathlib.Path(__file__).parent / "../src/test/resources/golden/containers"
QUANTIZED = ["Q4_0", "Q8_0", "Q6_K"]


def tensors(seed):
    """Small tensors of one to four dimensions."""
    random = np.random.default_rng(seed)
    return {
        "token_embd.weight": random.standard_normal((6, 256), dtype=np.float32),
        "blk.0.attn_norm.weight": random.standard_normal(7, dtype=np.float32),
        "blk.0.attn_q.weight": random.standard_normal((3, 5), dtype=np.float32).astype(np.float16),
        "blk.0.ffn_gate_exps.weight": random.standard_normal((2, 3, 4), dtype=np.float32),
        "four.dims": random.integers(-100, 100, (1, 2, 3, 4)).astype(np.int32),
        "bytes": random.integers(-128, 128, 5).astype(np.int8),
    }


def write_gguf(path):
    """One key of every metadata type, float and quantized tensors, an alignment that is not the default."""
    out = gguf.GGUFWriter(path, "llama")
    out.add_custom_alignment(64)
    out.add_uint8("test.uint8", 255)
    out.add_int8("test.int8", -128)
    out.add_uint16("test.uint16", 65535)
    out.add_int16("test.int16", -32768)
    out.add_uint32("test.uint32", 4294967295)
    out.add_int32("test.int32", -2147483648)
    out.add_uint64("test.uint64", 18446744073709551615)
    out.add_int64("test.int64", -9223372036854775808)
    out.add_float32("test.float32", 1e-6)
    out.add_float64("test.float64", 0.1)
    out.add_bool("test.bool", True)
    out.add_string("test.string", "Zephyr ↦ 西風\n")
    out.add_array("test.ints", [1, -2, 3])
    out.add_array("test.floats", [0.5, -1.25])
    out.add_array("test.strings", ["", "▁a", "<0x0A>", "é"])
    out.add_array("test.nested", [[1, 2], [3]])
    for name, values in tensors(1).items():
        out.add_tensor(name, values)
    random = np.random.default_rng(2)
    for kind in QUANTIZED:
        kind = gguf.GGMLQuantizationType[kind]
        block, size = gguf.GGML_QUANT_SIZES[kind]
        # any bytes will do for a container, but scales must not be NaN for others to compare
        packed = random.integers(0, 60, (2, 256 // block * size)).astype(np.uint8)
        out.add_tensor(f"packed.{kind.name}", packed, raw_dtype=kind)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def write_folder(folder):
    """A sharded Hugging Face folder."""
    folder.mkdir(exist_ok=True)
    random = np.random.default_rng(3)
    first = {"model.embed_tokens.weight": random.standard_normal((5, 8), dtype=np.float32)}
    second = {
        "model.norm.weight": random.standard_normal(8, dtype=np.float32).astype(np.float16),
        "lm_head.weight": random.standard_normal((5, 8), dtype=np.float32).astype(np.float16),
        "model.count": np.array(3, dtype=np.int64),
        "model.none": np.zeros((0, 4), dtype=np.float32),
    }
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    save_file(first, folder / names[0], {"format": "pt"})
    save_file(second, folder / names[1], {"format": "pt"})
    index = {
        "metadata": {"total_size": sum(t.nbytes for t in [*first.values(), *second.values()])},
        "weight_map": {**dict.fromkeys(first, names[0]), **dict.fromkeys(second, names[1])},
    }
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
    config = {
        "architectures": ["MistralForCausalLM"],
        "hidden_size": 8,
        "rms_norm_eps": 1e-05,
        "rope_theta": 10000.0,
        "rope_scaling": {"type": "linear", "factor": 2.0},
        "eos_token_id": [2, 32000],
        "sliding_window": None,
        "tie_word_embeddings": False,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2))


def digest(array):
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def read_gguf(path):
    """What gguf-py sees: key -> (types, value), tensor -> (type, shape outermost first, hash)."""
    reader = gguf.GGUFReader(path)
    keys = {
        name: [[t.name for t in field.types[:2]], field.contents()]
        for name, field in reader.fields.items()
        if not name.startswith("GGUF.")
    }
    stored = {t.name: [t.tensor_type.name, [int(d) for d in reversed(t.shape)], digest(t.data)] for t in reader.tensors}
    return {"keys": keys, "tensors": stored}


def read_safetensors(path):
    return {name: [str(a.dtype), list(a.shape), digest(a)] for name, a in load_file(path).items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", nargs=2, metavar=("FILE", "GOLDEN"))
    args = parser.parse_args()
    if args.check:
        read = read_gguf if args.check[0].endswith(".gguf") else read_safetensors
        one, other = (read(path) for path in args.check)
        assert one == other, f"differ:\n{one}\n{other}"
        print("equal")
        return
    OUT.mkdir(parents=True, exist_ok=True)
    write_gguf(OUT / "types.gguf")
    write_folder(OUT / "sharded")
    expected = {
        "types.gguf": read_gguf(OUT / "types.gguf"),
        "sharded": {p.name: read_safetensors(p) for p in sorted((OUT / "sharded").glob("*.safetensors"))},
    }
    # gguf-py's view of nested arrays is flat, so the test states that value itself
    del expected["types.gguf"]["keys"]["test.nested"]
    (OUT / "expected.json").write_text(json.dumps(expected, indent=1, ensure_ascii=False, default=float) + "\n")


if __name__ == "__main__":
    main()
