"""Golden models: tiny random checkpoints with the logits and greedy tokens that transformers gives.

    python models.py LIBGGML_BASE ../src/test/resources/golden/models [CASE ...]

Each case is a folder with a checkpoint, as transformers saves it or as GGUF, and reference.json:
prompt, greedy tokens (plain argmax), the smallest lead of a greedy token over the second; logits.bin
holds float32 [prompt, vocabulary], little-endian. The reference of a quantized GGUF is transformers
in float32 on the weights that gguf.quants.dequantize makes of it; that of the other quantized
cases is transformers in float32 on what the random modules of modules.py stand for. A seed is taken whose greedy tokens
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
from safetensors.numpy import save_file
from safetensors.torch import save_file as save_torch

import modules

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


SMALL = dict(vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
             num_attention_heads=4, max_position_embeddings=128)
QWEN2 = transformers.Qwen2Config(**SMALL, num_key_value_heads=2, rope_theta=1e6)
QWEN3 = transformers.Qwen3Config(**SMALL, num_key_value_heads=2, head_dim=32, rope_scaling={
    "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "beta_fast": 4.0})
PHI3 = transformers.Phi3Config(**SMALL, num_key_value_heads=2, sliding_window=9, pad_token_id=0)


def phi3_longrope(original, **more):
    dims = int(16 * more.get("partial_rotary_factor", 1.0)) // 2
    return transformers.Phi3Config(
        **SMALL, **more, num_key_value_heads=2, pad_token_id=0, original_max_position_embeddings=original,
        rope_scaling={"type": "longrope", "short_factor": [1 + 0.1 * i for i in range(dims)],
                      "long_factor": [1.5 + 0.7 * i for i in range(dims)]})


GEMMA = transformers.GemmaConfig(**SMALL, num_key_value_heads=1, head_dim=32)
GPT2 = transformers.GPT2Config(vocab_size=VOCABULARY, n_embd=64, n_layer=2, n_head=4, n_positions=64)
OPT = transformers.OPTConfig(vocab_size=VOCABULARY, hidden_size=64, ffn_dim=96, num_hidden_layers=2,
                             num_attention_heads=4, max_position_embeddings=64, word_embed_proj_dim=64)
# The numbers of a small ChatGLM 2, whose own code is not in transformers; Glm computes the same.
CHATGLM = transformers.GlmConfig(**SMALL, num_key_value_heads=2, head_dim=16, attention_bias=True, pad_token_id=0)
CHATGLM.names_of_chatglm = True
GLM4_CHAT = transformers.GlmConfig(
    **{**SMALL, "intermediate_size": 90}, num_key_value_heads=1, head_dim=20, attention_bias=True, pad_token_id=0, rope_theta=500000.0)
GLM4_CHAT.names_of_chatglm = True

# Sizes that fit nothing: no multiples of vector lengths, heads narrower or wider than hidden / heads.
ODD = dict(vocab_size=331, hidden_size=50, intermediate_size=77, num_hidden_layers=2, num_attention_heads=6,
           max_position_embeddings=100)


def gemma2(**more):
    return transformers.Gemma2Config(**{**SMALL, **dict(
        num_hidden_layers=3, num_key_value_heads=2, head_dim=24, query_pre_attn_scalar=40, sliding_window=7,
        attn_logit_softcapping=2.5, final_logit_softcapping=6.0), **more})


def gemma3(**more):
    return transformers.Gemma3TextConfig(**{**SMALL, **dict(
        num_hidden_layers=4, num_key_value_heads=1, head_dim=24, query_pre_attn_scalar=40, sliding_window=6,
        sliding_window_pattern=3, rope_theta=1e6, rope_local_base_freq=1000.0,
        rope_scaling={"rope_type": "linear", "factor": 8.0}), **more})


def gemma3_that_sees():
    """As the models of 4b and more are stored: the text part in an object and under names of its own."""
    config = transformers.Gemma3Config(
        text_config=gemma3(num_attention_heads=8, num_key_value_heads=4, hidden_size=32, sliding_window_pattern=6),
        vision_config=dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1,
                           image_size=28, patch_size=14), mm_tokens_per_image=4)
    config.architectures = ["Gemma3ForConditionalGeneration"]
    return config


GLM = transformers.GlmConfig(**SMALL, num_key_value_heads=2, head_dim=20, attention_bias=True, pad_token_id=0)
GLM4 = transformers.Glm4Config(**SMALL, num_key_value_heads=2, head_dim=20, attention_bias=True, pad_token_id=0)

# name: (configuration, dtype of the saved tensors, largest shard)
HUGGING_FACE = {
    "chatglm2-f16": (CHATGLM, torch.float16, "1GB"),
    "gemma2-bf16": (gemma2(), torch.bfloat16, "1GB"),
    "gemma2-f32-odd": (gemma2(**ODD, num_key_value_heads=3, head_dim=10, attention_bias=True),
                       torch.float32, "1GB"),
    "gemma3-bf16": (gemma3(), torch.bfloat16, "1GB"),
    "gemma3-f16-nested": (gemma3_that_sees(), torch.float16, "1GB"),
    "glm-bf16": (GLM, torch.bfloat16, "1GB"),
    "glm4-chat-f16": (GLM4_CHAT, torch.float16, "1GB"),
    "glm4-f16": (GLM4, torch.float16, "1GB"),
    "gpt2-f32-odd": (transformers.GPT2Config(
        vocab_size=331, n_embd=60, n_layer=2, n_head=5, n_inner=77, n_positions=64, activation_function="gelu",
        scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False), torch.float32, "1GB"),
    "llama-f32-odd": (transformers.LlamaConfig(
        **ODD, num_key_value_heads=2, head_dim=14, attention_bias=True, mlp_bias=True, hidden_act="gelu"),
        torch.float32, "1GB"),
    "opt-f16-350m": (transformers.OPTConfig(
        vocab_size=VOCABULARY, hidden_size=64, ffn_dim=96, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=64, word_embed_proj_dim=24, do_layer_norm_before=False), torch.float16, "1GB"),
    "opt-f32-odd": (transformers.OPTConfig(
        vocab_size=331, hidden_size=50, ffn_dim=77, num_hidden_layers=2, num_attention_heads=5,
        max_position_embeddings=64, word_embed_proj_dim=70, enable_bias=False, layer_norm_elementwise_affine=False,
        activation_function="gelu"), torch.float32, "1GB"),
    "gemma-bf16": (GEMMA, torch.bfloat16, "1GB"),
    "gpt2-f32": (GPT2, torch.float32, "1GB"),
    "opt-f16": (OPT, torch.float16, "1GB"),
    "phi3-bf16-window": (PHI3, torch.bfloat16, "1GB"),
    "phi3-bf16-longrope": (phi3_longrope(20, partial_rotary_factor=0.75), torch.bfloat16, "1GB"),
    "phi3-f16-longrope-later": (phi3_longrope(47), torch.float16, "1GB"),
    "qwen2-f16-yarn": (transformers.Qwen2Config(  # transformers heeds 100 / 32, not the factor
        **{**SMALL, "max_position_embeddings": 100}, num_key_value_heads=2, rope_scaling={
            "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32}), torch.float16, "1GB"),
    "qwen2-bf16": (QWEN2, torch.bfloat16, "1GB"),
    "qwen2-f16-window": (transformers.Qwen2Config(  # all layers slide here, max_window_layers or not
        **SMALL, num_key_value_heads=2, use_sliding_window=True, sliding_window=6, max_window_layers=1),
        torch.float16, "1GB"),
    "qwen3-bf16-yarn": (QWEN3, torch.bfloat16, "1GB"),
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
    "gguf-chatglm2-f16": (CHATGLM, ["F16"]),
    "gguf-gemma2-f16": (gemma2(query_pre_attn_scalar=24), ["F16"]),
    "gguf-gemma3-q8_0": (gemma3(head_dim=32, query_pre_attn_scalar=32, num_hidden_layers=6, intermediate_size=64,
                                sliding_window_pattern=6, rope_local_base_freq=10000.0), ["Q8_0"]),
    "gguf-glm-f16": (transformers.GlmConfig(
        **SMALL, num_key_value_heads=2, head_dim=16, attention_bias=True, pad_token_id=0), ["F16"]),
    "gguf-glm4-f16": (GLM4, ["F16"]),
    "gguf-gemma-q8_0": (GEMMA, ["Q8_0"]),
    "gguf-gpt2-q5_0": (GPT2, ["Q5_0"]),
    "gguf-phi3-q8_0": (PHI3, ["Q8_0"]),
    "gguf-phi3-f16-longrope": (phi3_longrope(20, partial_rotary_factor=0.75), ["F16"]),
    "gguf-qwen2-q4_1": (QWEN2, ["Q4_1"]),
    "gguf-qwen3-f16-yarn": (QWEN3, ["F16"]),
    "gguf-mistral-f32": (mistral(), ["F32"]),
    "gguf-mistral-f16-window": (mistral(sliding_window=6, head_dim=32), ["F16"]),
    "gguf-llama-bf16-llama3": (llama(rope_theta=5e5, rope_scaling=LLAMA3_ROPE), ["BF16"]),
    "gguf-llama-q8_0-linear": (llama(rope_scaling={"type": "linear", "factor": 4.0}), ["Q8_0"]),
    "gguf-llama-q4_0": (llama(tie_word_embeddings=True), ["Q4_0"]),
    "gguf-mistral-legacy-mix": (mistral(num_key_value_heads=1), ["Q4_1", "Q5_0", "Q5_1", "IQ4_NL", "Q8_0"]),
    "gguf-llama-q4_k": (k_llama(), ["Q4_K", "Q6_K"]),
    "gguf-llama-k-mix": (k_llama(), ["Q2_K", "Q3_K", "Q5_K", "IQ4_XS"]),
}

# name: (configuration, which makes one random module of modules.py, its tensors in units of the scale)
QUANTIZED = {
    "llama-gptq-4bit-actorder": (
        llama(tie_word_embeddings=True), lambda rng: modules.gptq(rng, 4, 32, desc_act=True), ["scales"]),
    "gpt2-gptq-8bit": (GPT2, lambda rng: modules.gptq(rng, 8, -1), ["scales"]),
    "mistral-awq": (
        mistral(tie_word_embeddings=True, sliding_window=8), lambda rng: modules.awq(rng, "gemm", 32), ["scales"]),
    "llama-nf4": (
        llama(tie_word_embeddings=True),
        lambda rng: modules.bnb4(rng, "nf4", False, (modules.OUT, modules.IN)), ["weight.absmax"]),
    "qwen2-int8": (
        transformers.Qwen2Config(**SMALL, num_key_value_heads=2, tie_word_embeddings=True), modules.int8, ["SCB"]),
}


def names_of_chatglm(config):
    return getattr(config, "names_of_chatglm", False)


def random_model(config, seed):
    torch.manual_seed(seed)
    config._attn_implementation = "eager"
    auto = (transformers.Gemma3ForConditionalGeneration._from_config if config.model_type == "gemma3"
            else transformers.AutoModelForCausalLM.from_config)
    model = auto(config, torch_dtype=torch.float32).eval()
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.normal_(0, 0.3)
            elif p.dim() == 1:
                p.normal_(0 if config.model_type.startswith("gemma") else 1, 0.1)
            elif "embed" in name or "lm_head" in name or "wte" in name:
                p.normal_(0, 3 * p.shape[1] ** -0.5)
            else:
                p.normal_(0, 1.5 * p.shape[1] ** -0.5)
        if names_of_chatglm(config):
            for p in model.parameters():
                p.copy_(p.half())
    return model


def reference(model, seed):
    """Prompt, its logits, greedy tokens and their leads."""
    vocabulary = model.config.get_text_config().vocab_size
    prompt = torch.randint(0, vocabulary, (1, PROMPT), generator=torch.Generator().manual_seed(seed))
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


def fused_glm(model):
    """Tensors of a Glm under the names of ChatGLM 2."""
    tensors, state = {}, {name: p.detach().numpy() for name, p in model.named_parameters()}
    for name, x in state.items():
        if ".k_proj" in name or ".v_proj" in name:
            continue
        if ".q_proj" in name:
            x = np.concatenate([state[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")])
        for old, new in {
                "model.embed_tokens": "transformer.embedding.word_embeddings", "lm_head": "transformer.output_layer",
                "model.layers": "transformer.encoder.layers", "model.norm": "transformer.encoder.final_layernorm",
                "self_attn.q_proj": "self_attention.query_key_value", "self_attn.o_proj": "self_attention.dense",
                "mlp.gate_up_proj": "mlp.dense_h_to_4h", "mlp.down_proj": "mlp.dense_4h_to_h"}.items():
            name = name.replace(old, new)
        tensors[name] = x
    return tensors


def stored_forms(model):
    """(name, what GGUF holds, how to put what was stored back) of each tensor."""
    config = model.config
    if names_of_chatglm(config):
        for name, x in fused_glm(model).items():
            # f16 weights in an f16 file, so nothing changes
            yield name.removeprefix("transformer."), x, lambda values: None
        return
    for name, p in model.named_parameters():
        def put(values, p=p, back=lambda x: x):
            with torch.no_grad():
                p.copy_(torch.from_numpy(np.ascontiguousarray(back(values))))
        x = p.detach().numpy()
        if config.model_type in ("llama", "mistral") and x.ndim == 2 and ("q_proj" in name or "k_proj" in name):
            heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
            yield name, permuted(x, heads), lambda v, put=put, n=heads: put(v, back=lambda y: unpermuted(y, n))
        elif config.model_type == "gpt2" and ".c_" in name and x.ndim == 2:
            yield name, np.ascontiguousarray(x.T), lambda v, put=put: put(v, back=lambda y: y.T)
        elif config.model_type.startswith("gemma") and "norm" in name:
            yield name, x + 1, lambda v: None
        else:
            yield name, x, put


def write_gguf(model, path, types, library):
    """Writes the model and puts what was stored back into it."""
    config = model.config
    kind = config.model_type
    arch = {"mistral": "llama", "glm": "chatglm", "gemma3_text": "gemma3"}.get(kind, kind)
    writer = GGUFWriter(path, arch)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(getattr(config, "intermediate_size", 4 * config.hidden_size))
    writer.add_head_count(config.num_attention_heads)
    if kind == "gpt2":
        writer.add_layer_norm_eps(config.layer_norm_epsilon)
    else:
        writer.add_head_count_kv(config.num_key_value_heads)
        writer.add_layer_norm_rms_eps(config.rms_norm_eps)
        writer.add_rope_freq_base(config.rope_theta)
    if kind in ("llama", "mistral", "gemma", "gemma2", "gemma3_text", "glm4", "qwen3"):  # as llama.cpp's converter
        writer.add_key_length(head_dim)
        writer.add_value_length(head_dim)
    if kind in ("llama", "mistral", "phi3", "glm", "glm4"):
        writer.add_rope_dimension_count(int(head_dim * getattr(config, "partial_rotary_factor", 1.0)))
        writer.add_vocab_size(VOCABULARY)
    if getattr(config, "sliding_window", None) and kind in ("mistral", "phi3", "gemma2", "gemma3_text"):
        writer.add_sliding_window(config.sliding_window)
    if kind == "gemma2":
        writer.add_attn_logit_softcapping(config.attn_logit_softcapping)
        writer.add_final_logit_softcapping(config.final_logit_softcapping)
    scaling = getattr(config, "rope_scaling", None) or {}
    if scaling.get("rope_type", scaling.get("type")) == "linear":
        writer.add_string(f"{arch}.rope.scaling.type", "linear")
        writer.add_rope_scaling_factor(scaling["factor"])
    elif scaling.get("rope_type") == "yarn":
        writer.add_string(f"{arch}.rope.scaling.type", "yarn")
        writer.add_rope_scaling_factor(scaling["factor"])
        writer.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
        writer.add_float32(f"{arch}.rope.scaling.yarn_beta_fast", scaling["beta_fast"])
    elif scaling.get("type") == "longrope":
        writer.add_rope_scaling_orig_ctx_len(config.original_max_position_embeddings)
        writer.add_rope_scaling_attn_factors(model.model.rotary_emb.attention_scaling)
        writer.add_tensor("rope_factors_long.weight", np.array(scaling["long_factor"], np.float32))
        writer.add_tensor("rope_factors_short.weight", np.array(scaling["short_factor"], np.float32))
    elif scaling:
        plain = 1.0 / config.rope_theta ** (torch.arange(0, head_dim, 2).float() / head_dim)
        writer.add_tensor("rope_freqs.weight", (plain / model.model.rotary_emb.inv_freq).numpy())

    names = get_tensor_name_map(MODEL_ARCH[arch.upper()], config.num_hidden_layers)
    matrices = 0
    for name, x, put in stored_forms(model):
        gguf_name = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if x.ndim == 1 or "position" in gguf_name:
            writer.add_tensor(gguf_name, x)
            continue
        qtype = GGMLQuantizationType[types[matrices % len(types)]]
        matrices += 1
        data, values = quantized(library, x, qtype)
        writer.add_tensor(gguf_name, data, raw_dtype=qtype)
        put(values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def save_chatglm2(model, folder):
    config = model.config
    save_file({name: x.astype(np.float16) for name, x in fused_glm(model).items()}, folder / "model.safetensors",
              metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["ChatGLMModel"], "model_type": "chatglm", "num_layers": config.num_hidden_layers,
        "padded_vocab_size": VOCABULARY, "hidden_size": config.hidden_size,
        "ffn_hidden_size": config.intermediate_size, "kv_channels": config.head_dim,
        "num_attention_heads": config.num_attention_heads, "seq_length": config.max_position_embeddings,
        "layernorm_epsilon": config.rms_norm_eps, "rmsnorm": True, "post_layer_norm": True,
        "apply_residual_connection_post_layernorm": False, "add_bias_linear": False, "add_qkv_bias": True,
        "multi_query_attention": True, "multi_query_group_num": config.num_key_value_heads,
        **({} if config.rope_theta == 10000 else {"rope_ratio": config.rope_theta / 10000}),
        "original_rope": True, "torch_dtype": "float16"}, indent=2) + "\n")
    return model


def save_hugging_face(model, folder, dtype, shard):
    if names_of_chatglm(model.config):
        return save_chatglm2(model, folder)
    model.to(dtype).save_pretrained(folder, max_shard_size=shard)
    (folder / "generation_config.json").unlink(missing_ok=True)
    auto = (transformers.Gemma3ForConditionalGeneration if model.config.model_type == "gemma3"
            else transformers.AutoModelForCausalLM)
    return auto.from_pretrained(
        folder, torch_dtype=torch.float32, attn_implementation="eager").eval()


def save_quantized(model, folder, make_module, scales, seed):
    """Replaces the matrices of the layers by random quantized ones, in the file and in the model."""
    rng = np.random.default_rng(seed)
    tensors, quantization = {}, None
    with torch.no_grad():
        for name, module in model.named_modules():
            own = dict(module.named_parameters(recurse=False))
            conv1d = isinstance(module, transformers.pytorch_utils.Conv1D)
            if (conv1d or isinstance(module, torch.nn.Linear)) and name != "lm_head":
                weight = own.pop("weight")
                modules.OUT, modules.IN = weight.shape[::-1] if conv1d else weight.shape
                parts, expected, quantization = make_module(rng)
                # a power of two, so that the scales stay what they are
                unit = 2.0 ** round(float(np.log2(1.5 * modules.IN ** -0.5 / expected.std())))
                for part, value in parts.items():
                    tensors[f"{name}.{part}"] = torch.as_tensor(value * unit if part in scales else value).contiguous()
                expected = expected * np.float32(unit)
                weight.copy_(torch.from_numpy(np.ascontiguousarray(expected.T if conv1d else expected)))
            for part, p in own.items():
                p.copy_(p.half())
                if name != "lm_head" or not model.config.tie_word_embeddings:
                    tensors[f"{name}.{part}"] = p.half()
    save_torch(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.loads(model.config.to_json_string())
    config |= {"architectures": [type(model).__name__], "quantization_config": quantization}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


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
        elif name in QUANTIZED:
            config, make_module, scales = QUANTIZED[name]
            model = random_model(config, seed)
            save_quantized(model, folder, make_module, scales, seed)
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
    for case in sys.argv[3:] or [*HUGGING_FACE, *QUANTIZED, *GGUF]:
        make(case, pathlib.Path(sys.argv[2]), ggml)
