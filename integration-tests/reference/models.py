"""Golden models: tiny random checkpoints with the logits and greedy tokens that transformers gives.

    python models.py LIBGGML_BASE ../src/test/resources/golden/models [CASE ...]

Each case is a folder with a checkpoint, as transformers saves it or as GGUF, and reference.json:
prompt, greedy tokens (plain argmax), the smallest lead of a greedy token over the second; logits.bin
holds float32 [prompt, vocabulary], little-endian. The reference of a quantized GGUF is transformers
in float32 on the weights that gguf.quants.dequantize makes of it. A seed is taken whose greedy tokens
lead clearly, so that rounding cannot change them. LIBGGML_BASE is the path of libggml-base.so (see
quantizers.py); it quantizes the K and IQ types.
"""
import ctypes
import json
import pathlib
import sys

import numpy as np
import torch
import transformers
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFWriter, MODEL_ARCH, get_tensor_name_map
from gguf.quants import dequantize, quantize

VOCABULARY = 384
PROMPT = 40
GREEDY = 16
LEAD = 0.06  # thirty times the tolerance of the logits
BY_GGML = {"Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS"}

LLAMA3_ROPE = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 32}


def mistral(**more):
    return transformers.MistralConfig(**{**dict(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, sliding_window=None, rms_norm_eps=1e-5), **more})


def llama(**more):
    return transformers.LlamaConfig(**{**dict(
        vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=256, rms_norm_eps=1e-5), **more})


def k_llama(**more):
    return llama(hidden_size=256, intermediate_size=256, num_hidden_layers=1, num_key_value_heads=1,
                 tie_word_embeddings=True, **more)


# name: (configuration, dtype of the saved tensors, largest shard)
HUGGING_FACE = {
    "mistral-f32-window": (mistral(sliding_window=6, head_dim=24), torch.float32, "1GB"),
    "mistral-bf16-sharded": (mistral(num_hidden_layers=3), torch.bfloat16, "150KB"),
    "llama-f16-mqa-tied-linear": (
        llama(num_key_value_heads=1, tie_word_embeddings=True, rope_scaling={"type": "linear", "factor": 2.5}),
        torch.float16, "1GB"),
    "llama-bf16-biases-llama3": (
        llama(attention_bias=True, mlp_bias=True, rope_theta=5e5, rope_scaling=LLAMA3_ROPE), torch.bfloat16, "1GB"),
}

# name: (configuration, types given to the matrices in turn)
GGUF = {
    "gguf-mistral-f32": (mistral(), ["F32"]),
    "gguf-mistral-f16-window": (mistral(sliding_window=6, head_dim=32), ["F16"]),
    "gguf-llama-bf16-llama3": (llama(rope_theta=5e5, rope_scaling=LLAMA3_ROPE), ["BF16"]),
    "gguf-llama-q8_0-linear": (llama(rope_scaling={"type": "linear", "factor": 4.0}), ["Q8_0"]),
    "gguf-llama-q4_0": (llama(tie_word_embeddings=True), ["Q4_0"]),
    "gguf-mistral-legacy-mix": (mistral(num_key_value_heads=1), ["Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q8_0"]),
    "gguf-llama-q4_k": (k_llama(), ["Q4_K", "Q6_K"]),
    "gguf-llama-k-mix": (k_llama(), ["Q2_K", "Q3_K", "Q5_K", "IQ4_XS"]),
}


def random_model(config, seed):
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    model = transformers.AutoModelForCausalLM.from_config(config, torch_dtype=torch.float32).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.normal_(0, 0.3)
            elif p.dim() == 1:
                p.normal_(1, 0.1)
            elif "embed" in name or "lm_head" in name or "wte" in name:
                p.normal_(0, 3 * p.shape[1] ** -0.5)
            else:
                p.normal_(0, 1.5 * p.shape[1] ** -0.5)
    return model


def reference(model, seed):
    """Prompt, its logits, greedy tokens and their leads."""
    prompt = torch.randint(0, VOCABULARY, (1, PROMPT), generator=torch.Generator().manual_seed(seed))
    ids, leads = prompt, []
    with torch.no_grad():
        logits = model(prompt).logits[0]
        for _ in range(GREEDY):
            top = model(ids).logits[0, -1].topk(2)
            leads.append(float(top.values[0] - top.values[1]))
            ids = torch.cat([ids, top.indices[:1, None]], 1)
    return prompt[0].tolist(), logits.numpy(), ids[0, PROMPT:].tolist(), min(leads)


def quantized(library, x, qtype):
    """(bytes as gguf-py takes them, the values they stand for)"""
    if qtype.name in BY_GGML:
        length, size = GGML_QUANT_SIZES[qtype]
        rows, cols = x.shape
        data = np.zeros((rows, cols // length * size), np.uint8)
        x = np.ascontiguousarray(x, np.float32)
        # The IQ types weigh the error of each value by this; ones weigh all alike.
        weights = np.ones(cols, np.float32)
        used = library.ggml_quantize_chunk(
            ctypes.c_int(qtype.value), x.ctypes.data_as(ctypes.c_void_p), data.ctypes.data_as(ctypes.c_void_p),
            ctypes.c_int64(0), ctypes.c_int64(rows), ctypes.c_int64(cols),
            weights.ctypes.data_as(ctypes.c_void_p) if qtype.name.startswith("IQ") else None)
        assert used == data.nbytes
    else:
        data = quantize(x, qtype)
    return data, dequantize(data, qtype).reshape(x.shape)


def permuted(x, heads):
    """Rows of queries or keys as GGUF's llama wants them: halves of a head interleaved."""
    return x.reshape(heads, 2, x.shape[0] // heads // 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def unpermuted(x, heads):
    return x.reshape(heads, x.shape[0] // heads // 2, 2, *x.shape[1:]).swapaxes(1, 2).reshape(x.shape)


def write_gguf(model, path, types, library):
    """Writes the model and puts what was stored back into it."""
    config = model.config
    writer = GGUFWriter(path, "llama")
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(head_dim)
    writer.add_value_length(head_dim)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_dimension_count(head_dim)
    writer.add_rope_freq_base(config.rope_theta)
    writer.add_vocab_size(VOCABULARY)
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    scaling = getattr(config, "rope_scaling", None) or {}
    if scaling.get("type") == "linear":
        writer.add_string("llama.rope.scaling.type", "linear")
        writer.add_rope_scaling_factor(scaling["factor"])
    elif scaling:
        plain = 1.0 / config.rope_theta ** (torch.arange(0, head_dim, 2).float() / head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq).numpy())

    names = get_tensor_name_map(MODEL_ARCH.LLAMA, config.num_hidden_layers)
    matrices = 0
    with torch.no_grad():
        for name, p in model.named_parameters():
            x = p.numpy()
            gguf_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if x.ndim == 1:
                writer.add_tensor(gguf_name, x)
                continue
            heads = (config.num_attention_heads if "q_proj" in name
                     else config.num_key_value_heads if "k_proj" in name else 0)
            qtype = GGMLQuantizationType[types[matrices % len(types)]]
            matrices += 1
            data, values = quantized(library, permuted(x, heads) if heads else x, qtype)
            writer.add_tensor(gguf_name, data, raw_dtype=qtype)
            p.copy_(torch.from_numpy(np.ascontiguousarray(unpermuted(values, heads) if heads else values)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def save_hugging_face(model, folder, dtype, shard):
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    return transformers.AutoModelForCausalLM.from_pretrained(
        folder, torch_dtype=torch.float32, attn_implementation="eager").eval()


def make(name, out, library):
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(1, 1000):
        for old in folder.iterdir():
            old.unlink()
        if name in GGUF:
            config, types = GGUF[name]
            model = random_model(config, seed)
            write_gguf(model, folder / "model.gguf", types, library)
        else:
            config, dtype, shard = HUGGING_FACE[name]
            model = save_hugging_face(random_model(config, seed), folder, dtype, shard)
        prompt, logits, greedy, lead = reference(model, seed)
        if lead >= LEAD:
            break
    logits.astype("<f4").tofile(folder / "logits.bin")
    (folder / "reference.json").write_text(json.dumps(
        {"prompt": prompt, "greedy": greedy, "lead": round(lead, 4), "seed": seed}) + "\n")
    print(name, "seed", seed, "lead", round(lead, 4), "std", round(float(logits.std()), 2),
          sum(f.stat().st_size for f in folder.iterdir()) // 1024, "KB", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    ggml = ctypes.CDLL(sys.argv[1])
    ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
    for case in sys.argv[3:] or [*HUGGING_FACE, *GGUF]:
        make(case, pathlib.Path(sys.argv[2]), ggml)
