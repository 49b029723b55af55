"""Makes random-weight GGUF models in the shapes of real ones, for speed tests.

The weights mean nothing; sizes, types and the mix of types are those of published files.

    python make_models.py 1.1b Q4_0 out.gguf

Shapes: 1.1b (22 x 2048, ff 5632, 32/4 heads) and 7b (32 x 4096, ff 14336, 32/8 heads), vocabulary 32000.
Types: Q4_0, Q8_0, Q4_K_M.
"""
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
    elif kind == T.Q6_K:
        data[..., 208:210] = half(STD / (74 * 18), shape)
    else:
        raise SystemExit(f"no random blocks for {kind}")
    return data.reshape(rows, -1)


def more_bits(layer, layers):
    """The layers whose attn_v and ffn_down a Q4_K_M file keeps in Q6_K (llama.cpp's rule)."""
    return layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2


def main(shape, ftype, path):
    layers, hidden, ff, heads, kv_heads = SHAPES[shape]
    head_dim = hidden // heads
    base, big, head = {
        "Q4_0": (T.Q4_0, T.Q4_0, T.Q6_K),
        "Q8_0": (T.Q8_0, T.Q8_0, T.Q8_0),
        "Q4_K_M": (T.Q4_K, T.Q6_K, T.Q6_K),
    }[ftype]

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
