"""Makes random-weight models in the shapes of real ones, for speed tests.

The weights mean nothing; sizes, types and the mix of types are those of published files.

    python make_models.py 1.1b Q4_0 out.gguf
    python make_models.py 1.1b GPTQ-4 folder

Shapes: 1.1b (22 x 2048, ff 5632, 32/4 heads) and 7b (32 x 4096, ff 14336, 32/8 heads), vocabulary 32000.
Types of GGUF files: Q4_0, Q8_0, Q4_K_M, Q5_K_M, Q6_K.
Types of Hugging Face folders (config.json and model.safetensors, without tokenizer): GPTQ-2, GPTQ-3, GPTQ-4 and
GPTQ-8 (groups of 128), the same with -ACT (act-order), AWQ (gemm, groups of 128), NF4 (double quantization), BF16,
and JQ4, the 4-bit format of Jlama (blocks of 32 with a float scale), which only Jlama reads.
"""
import json
import os
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

SHAPES = {
    "tiny": (2, 256, 512, 4, 2),
    "1.1b": (22, 2048, 5632, 32, 4),
    "7b": (32, 4096, 14336, 32, 8),
}
VOCABULARY = 32000
FOLDERS = ("GPTQ", "AWQ", "NF4", "BF16", "JQ4")  # the types that are folders; the others are GGUF files
STD = 0.02  # of the decoded weights, so that activations stay finite


def half(value, shape):
    """Scales around `value`, as the two bytes of a float16."""
    noise = rng.uniform(0.8, 1.2, shape)
    return (value * noise).astype(np.float16).view(np.uint8).reshape(*shape, 2)


def blocks(kind, rows, cols):
    """Random valid blocks: random codes and sub-scales, super-scales that give weights of STD."""
    size, nbytes = gguf.GGML_QUANT_SIZES[kind]
    shape = (rows, cols // size)
    data = rng.integers(0, 256, (*shape, nbytes), dtype=np.uint8)
    if kind == T.Q4_0:
        data[..., 0:2] = half(STD / 4.6, shape)
    elif kind == T.Q8_0:
        data[..., 0:2] = half(STD / 74, shape)
    elif kind == T.Q4_K:
        d = STD / (32 * 4.6)
        data[..., 0:2] = half(d, shape)
        data[..., 2:4] = half(d * 7.5, shape)
    elif kind == T.Q5_K:
        d = STD / (32 * 9.2)
        data[..., 0:2] = half(d, shape)
        data[..., 2:4] = half(d * 15.5, shape)
    elif kind == T.Q6_K:
        data[..., 208:210] = half(STD / (74 * 18), shape)
    else:
        raise SystemExit(f"no random blocks for {kind}")
    return data.reshape(rows, -1)


def more_bits(layer, layers):
    """The layers whose attn_v and ffn_down a Q4_K_M or Q5_K_M file keeps in Q6_K (llama.cpp's rule)."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


class Safetensors:
    """Collects tensors as (name, type, shape, function that makes the bytes), and writes them one at a time."""

    BYTES = {"I32": 4, "F16": 2, "BF16": 2, "F32": 4, "U8": 1, "Q4": 0.5}

    def __init__(self):
        self.tensors = []

    def add(self, name, kind, shape, make=None):
        self.tensors.append((name, kind, shape, make))

    def write(self, path):
        header, at = {}, 0
        for name, kind, shape, _ in self.tensors:
            size = int(np.prod(shape) * self.BYTES[kind])
            header[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [at, at + size]}
            at += size
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as f:
            f.write(len(text).to_bytes(8, "little") + text)
            for name, kind, shape, make in self.tensors:
                size = int(np.prod(shape) * self.BYTES[kind])
                data = rng.integers(0, 256, size, dtype=np.uint8) if make is None else make()
                assert data.nbytes == size, name
                f.write(data.tobytes())


def bfloat16(*shape):
    return lambda: (rng.standard_normal(shape, np.float32) * STD).view(np.uint32).__rshift__(16).astype(np.uint16)


def add_gptq(out, name, rows, cols, bits, act_order, group=128):
    groups = cols // group
    zero = 2 ** (bits - 1) - 1  # one less than the middle, as the format wants
    fields = np.full(rows, zero, np.uint8)
    stream = np.packbits((fields[:, None] >> np.arange(bits)) & 1, bitorder="little")
    index = np.arange(cols) // group
    if act_order:
        index = rng.permutation(index)
    out.add(name + ".qweight", "I32", (cols * bits // 32, rows))
    out.add(name + ".qzeros", "I32", (groups, rows * bits // 32), lambda: np.tile(stream, groups))
    out.add(name + ".scales", "F16", (groups, rows),
            lambda: (STD / (0.29 * 2**bits) * rng.uniform(0.8, 1.2, (groups, rows))).astype(np.float16))
    out.add(name + ".g_idx", "I32", (cols,), lambda: index.astype(np.int32))


def add_awq(out, name, rows, cols, group=128):
    groups = cols // group
    out.add(name + ".qweight", "I32", (cols, rows // 8))
    out.add(name + ".qzeros", "I32", (groups, rows // 8),
            lambda: (0x77777777 ^ (rng.integers(0, 2**32, (groups, rows // 8)) & 0x11111111)).astype(np.uint32))
    out.add(name + ".scales", "F16", (groups, rows),
            lambda: (STD / 4.6 * rng.uniform(0.8, 1.2, (groups, rows))).astype(np.float16))


def add_nf4(out, name, rows, cols):
    blocks_ = rows * cols // 64
    table = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
             -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
             0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0]
    state = json.dumps({"quant_type": "nf4", "blocksize": 64, "dtype": "bfloat16", "shape": [rows, cols],
                        "nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 2.0 * STD}).encode()
    out.add(name + ".weight", "U8", (rows * cols // 2, 1))
    out.add(name + ".weight.absmax", "U8", (blocks_,))
    out.add(name + ".weight.quant_map", "F32", (16,), lambda: np.array(table, np.float32))
    out.add(name + ".weight.nested_absmax", "F32", (-(-blocks_ // 256),),
            lambda: np.full(-(-blocks_ // 256), STD, np.float32))
    out.add(name + ".weight.nested_quant_map", "F32", (256,), lambda: np.linspace(-1, 1, 256, dtype=np.float32))
    out.add(name + ".weight.quant_state.bitsandbytes__nf4", "U8", (len(state),),
            lambda: np.frombuffer(state, np.uint8))


def add_jq4(out, name, rows, cols):
    out.add(name + ".weight", "Q4", (rows, cols))
    out.add(name + ".weight.qb", "F32", (rows, cols // 32),
            lambda: (STD / 4.6 * rng.uniform(0.8, 1.2, (rows, cols // 32))).astype(np.float32))


def hugging_face(shape, ftype, folder):
    layers, hidden, ff, heads, kv_heads = SHAPES[shape]
    head_dim = hidden // heads
    out = Safetensors()
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden, "intermediate_size": ff,
        "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": kv_heads,
        "vocab_size": VOCABULARY, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "hidden_act": "silu", "tie_word_embeddings": False, "torch_dtype": "bfloat16", "bos_token_id": 1, "eos_token_id": 2,
    }
    kind, *rest = ftype.split("-")
    if kind == "GPTQ":
        bits, act_order = int(rest[0]), rest[1:] == ["ACT"]
        config["quantization_config"] = {"quant_method": "gptq", "bits": bits, "group_size": 128, "sym": True,
                                         "desc_act": act_order, "checkpoint_format": "gptq"}
    elif kind == "AWQ":
        config["quantization_config"] = {"quant_method": "awq", "bits": 4, "group_size": 128, "zero_point": True,
                                         "version": "gemm"}
    elif kind == "NF4":
        config["quantization_config"] = {"quant_method": "bitsandbytes", "load_in_4bit": True,
                                         "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}

    def linear(name, rows, cols):
        if kind == "GPTQ":
            add_gptq(out, name, rows, cols, bits, act_order)
        elif kind == "AWQ":
            add_awq(out, name, rows, cols)
        elif kind == "NF4":
            add_nf4(out, name, rows, cols)
        elif kind == "JQ4":
            add_jq4(out, name, rows, cols)
        else:
            out.add(name + ".weight", "BF16", (rows, cols), bfloat16(rows, cols))

    def norm(name):
        out.add(name + ".weight", "F32", (hidden,), lambda: np.ones(hidden, np.float32))

    out.add("model.embed_tokens.weight", "BF16", (VOCABULARY, hidden), bfloat16(VOCABULARY, hidden))
    for i in range(layers):
        layer = f"model.layers.{i}."
        norm(layer + "input_layernorm")
        linear(layer + "self_attn.q_proj", hidden, hidden)
        linear(layer + "self_attn.k_proj", kv_heads * head_dim, hidden)
        linear(layer + "self_attn.v_proj", kv_heads * head_dim, hidden)
        linear(layer + "self_attn.o_proj", hidden, hidden)
        norm(layer + "post_attention_layernorm")
        linear(layer + "mlp.gate_proj", ff, hidden)
        linear(layer + "mlp.up_proj", ff, hidden)
        linear(layer + "mlp.down_proj", hidden, ff)
    norm("model.norm")
    if kind == "JQ4":
        add_jq4(out, "lm_head", VOCABULARY, hidden)  # Jlama's own converter leaves none but norms and embedding
    else:
        out.add("lm_head.weight", "BF16", (VOCABULARY, hidden), bfloat16(VOCABULARY, hidden))
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "config.json"), "w") as f:
        json.dump(config, f, indent=1)
    out.write(os.path.join(folder, "model.safetensors"))


def main(shape, ftype, path):
    if shape not in SHAPES:
        raise SystemExit(f"unknown shape {shape}: one of {', '.join(SHAPES)}")
    if ftype.split("-")[0] in FOLDERS:
        return hugging_face(shape, ftype, path)
    layers, hidden, ff, heads, kv_heads = SHAPES[shape]
    head_dim = hidden // heads
    mixes = {
        "Q4_0": (T.Q4_0, T.Q4_0, T.Q6_K),
        "Q8_0": (T.Q8_0, T.Q8_0, T.Q8_0),
        "Q4_K_M": (T.Q4_K, T.Q6_K, T.Q6_K),
        "Q5_K_M": (T.Q5_K, T.Q6_K, T.Q6_K),
        "Q6_K": (T.Q6_K, T.Q6_K, T.Q6_K),
    }
    if ftype not in mixes:
        raise SystemExit(f"unknown type {ftype}: one of {', '.join(mixes)} or of {', '.join(FOLDERS)}")
    base, big, head = mixes[ftype]

    w = gguf.GGUFWriter(path, "llama")
    w.add_name(f"random {shape} {ftype}")
    w.add_block_count(layers)
    w.add_context_length(8192)
    w.add_embedding_length(hidden)
    w.add_feed_forward_length(ff)
    w.add_head_count(heads)
    w.add_head_count_kv(kv_heads)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(head_dim)
    w.add_rope_freq_base(10000.0)
    w.add_vocab_size(VOCABULARY)

    # A SentencePiece-like vocabulary: control tokens, bytes, printable characters, then made-up syllables.
    tokens, types = ["<unk>", "<s>", "</s>"], [2, 3, 3]
    tokens += [f"<0x{i:02X}>" for i in range(256)]
    types += [6] * 256
    seen = {"\u2581"}
    words = ["\u2581"] + [chr(c) for c in range(33, 127)]
    seen.update(words)
    while len(tokens) + len(words) < VOCABULARY:
        word = "".join(rng.choice(list("bcdfgklmnprstvz"), 1)) + rng.choice(list("aeiou"))
        for _ in range(rng.integers(0, 3)):
            word += rng.choice(list("bcdfgklmnprstvz")) + rng.choice(list("aeiou"))
        word = ("\u2581" if rng.random() < 0.5 else "") + word
        if word not in seen:
            seen.add(word)
            words.append(word)
    tokens += words
    types += [1] * len(words)
    w.add_tokenizer_model("llama")
    w.add_token_list(tokens)
    w.add_token_scores([0.0] * 259 + [-float(i) for i in range(len(words))])
    w.add_token_types(types)
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)

    def matrix(name, kind, rows, cols):
        w.add_tensor(name, blocks(kind, rows, cols), raw_dtype=kind)

    def norm(name):
        w.add_tensor(name, np.ones(hidden, np.float32))

    matrix("token_embd.weight", base, VOCABULARY, hidden)
    for i in range(layers):
        rich = big if more_bits(i, layers) else base
        norm(f"blk.{i}.attn_norm.weight")
        matrix(f"blk.{i}.attn_q.weight", base, hidden, hidden)
        matrix(f"blk.{i}.attn_k.weight", base, kv_heads * head_dim, hidden)
        matrix(f"blk.{i}.attn_v.weight", rich, kv_heads * head_dim, hidden)
        matrix(f"blk.{i}.attn_output.weight", base, hidden, hidden)
        norm(f"blk.{i}.ffn_norm.weight")
        matrix(f"blk.{i}.ffn_gate.weight", base, ff, hidden)
        matrix(f"blk.{i}.ffn_up.weight", base, ff, hidden)
        matrix(f"blk.{i}.ffn_down.weight", rich, hidden, ff)
    norm("output_norm.weight")
    matrix("output.weight", head, VOCABULARY, hidden)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    rng = np.random.default_rng(20261122)
    main(*sys.argv[1:])
