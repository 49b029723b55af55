"""Golden data of the schemes that store a matrix as several tensors: GPTQ, AWQ, NF4, FP4, LLM.int8().

    python modules.py ../src/test/resources/golden/modules

Each folder holds a module `linear` in the layout of its library and, as tensor `expected`, the matrix
[out, in] that it stands for. The packing below is written from the definitions (AutoGPTQ 0.7.1,
GPTQModel 2.2.0, AutoAWQ 0.2.9, bitsandbytes 0.49.2); `expected` comes from the integers before they
were packed, never from the packed words.
"""
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file

OUT, IN = 32, 96


def pack_bits(values, bits):
    """Little-endian bit stream of unsigned fields along axis 0, in 32-bit words."""
    fields = (values[:, None, :] >> np.arange(bits)[None, :, None]) & 1
    stream = fields.reshape(-1, values.shape[1]).astype(np.uint64)
    words = stream.reshape(-1, 32, values.shape[1]) << np.arange(32, dtype=np.uint64)[None, :, None]
    return words.sum(axis=1).astype(np.uint32).view(np.int32)


def scale_values(rng, shape, dtype):
    """A tensor of the stored type."""
    return torch.from_numpy(np.abs(rng.standard_normal(shape)) * 0.01 + 1e-4).to(dtype)


def gptq(rng, bits, group, sym=False, desc_act=False, v2=False, dtype=torch.float16, with_index=True):
    size = IN if group < 0 else group
    groups = -(-IN // size)
    index = np.arange(IN) // size
    if desc_act:
        index = index[rng.permutation(IN)]
    codes = rng.integers(0, 1 << bits, (OUT, IN))
    low = 1 if bits == 3 and not v2 else 0  # AutoGPTQ's 3-bit fields cannot hold 0 − 1
    zeros = rng.integers(low, 1 << bits, (groups, OUT))
    if bits == 3 and not v2:
        zeros[0, :3] = 8  # stored as 7
    if sym:
        zeros[:] = 1 << (bits - 1)
    scales = scale_values(rng, (groups, OUT), dtype)
    if v2:
        qzeros = pack_bits(zeros.T, bits)
    elif bits == 3:
        qzeros = pack_bits(zeros.T - 1, bits)
    else:  # the one is taken from whole words, with borrow across the fields
        ones = pack_bits(np.ones_like(zeros.T), bits).view(np.uint32)
        qzeros = (pack_bits(zeros.T, bits).view(np.uint32) - ones).view(np.int32)
    tensors = {
        "qweight": pack_bits(codes.T, bits),
        "qzeros": np.ascontiguousarray(qzeros.T),
        "scales": scales,
    }
    if with_index:
        tensors["g_idx"] = index.astype(np.int32)
    expected = scales.float().numpy()[index].T * (codes - zeros[index].T).astype(np.float32)
    config = {"quant_method": "gptq", "bits": bits, "group_size": group, "sym": sym, "desc_act": desc_act}
    if v2:
        config["checkpoint_format"] = "gptq_v2"
    return tensors, expected, config


def awq(rng, version, group):
    groups = IN // group
    codes = rng.integers(0, 16, (OUT, IN))
    zeros = rng.integers(0, 16, (groups, OUT))
    scales = scale_values(rng, (groups, OUT), torch.float16)
    if version == "gemm":
        order = (np.arange(OUT) // 8 * 8) + np.tile([0, 2, 4, 6, 1, 3, 5, 7], OUT // 8)
        tensors = {
            "qweight": np.ascontiguousarray(pack_bits(codes[order], 4).T),
            "qzeros": np.ascontiguousarray(pack_bits(zeros.T[order], 4).T),
            "scales": scales,
        }
    else:
        width = 4  # padded as for groups of 32
        padded = np.zeros((8 * width, OUT), np.int64)
        padded[:groups] = zeros
        padded_scales = torch.zeros((OUT, 8 * width), dtype=torch.float16)
        padded_scales[:, :groups] = scales.T
        tensors = {
            "qweight": np.ascontiguousarray(pack_bits(codes.T, 4).T),
            "qzeros": np.ascontiguousarray(pack_bits(padded, 4).T),
            "scales": padded_scales,
        }
    index = np.arange(IN) // group
    expected = scales.float().numpy()[index].T * (codes - zeros[index].T).astype(np.float32)
    config = {"quant_method": "awq", "bits": 4, "group_size": group, "zero_point": True, "version": version}
    return tensors, expected, config


NF4 = [-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635,
       -0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725,
       0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941,
       0.7229568362236023, 1.0]
FP4 = [0.0, 0.0052083334885537624, 0.6666666865348816, 1.0, 0.3333333432674408, 0.5, 0.1666666716337204, 0.25]
FP4 += [-v for v in FP4]


def bnb4(rng, kind, nested, shape=(OUT, IN), blocksize=64):
    elements = shape[0] * shape[1]
    table = np.array(NF4 if kind == "nf4" else FP4, np.float32)
    codes = rng.integers(0, 16, elements)
    blocks = -(-elements // blocksize)
    state = {"quant_type": kind, "blocksize": blocksize, "dtype": "bfloat16", "shape": list(shape)}
    tensors = {"weight.quant_map": table}
    if nested:
        state |= {"nested_blocksize": 256, "nested_dtype": "float32", "nested_offset": 0.0421364}
        stored = rng.integers(0, 256, blocks).astype(np.uint8)
        nested_map = np.sort(rng.uniform(-1, 1, 256)).astype(np.float32)
        nested_absmax = rng.uniform(0.01, 0.03, -(-blocks // 256)).astype(np.float32)
        absmax = nested_map[stored] * nested_absmax[np.arange(blocks) // 256]
        absmax = absmax + np.float32(state["nested_offset"])
        tensors |= {"weight.absmax": stored, "weight.nested_quant_map": nested_map,
                    "weight.nested_absmax": nested_absmax}
    else:
        absmax = rng.uniform(0.01, 0.1, blocks).astype(np.float32)
        tensors["weight.absmax"] = absmax
    expected = (table[codes] * absmax[np.arange(elements) // blocksize]).reshape(shape)
    even = np.pad(codes, (0, elements % 2))
    tensors["weight"] = (even[0::2] << 4 | even[1::2]).astype(np.uint8).reshape(-1, 1)
    text = json.dumps(state).encode()
    tensors[f"weight.quant_state.bitsandbytes__{kind}"] = np.frombuffer(text, np.uint8)
    config = {"quant_method": "bitsandbytes", "load_in_4bit": True, "bnb_4bit_quant_type": kind}
    return tensors, expected, config


def int8(rng):
    codes = rng.integers(-127, 128, (OUT, IN)).astype(np.int8)
    scb = rng.uniform(0.1, 1, OUT).astype(np.float32)
    tensors = {"weight": codes, "SCB": scb, "weight_format": np.array(0, np.uint8)}
    expected = (scb / np.float32(127))[:, None] * codes.astype(np.float32)
    return tensors, expected, {"quant_method": "bitsandbytes", "load_in_8bit": True}


def main(folder):
    cases = {
        "gptq-b2-g32-asym": lambda r: gptq(r, 2, 32),
        "gptq-b3-g32-asym": lambda r: gptq(r, 3, 32),
        "gptq-b3-g32-desc-asym-v2": lambda r: gptq(r, 3, 32, desc_act=True, v2=True),
        "gptq-b4-g32-sym": lambda r: gptq(r, 4, 32, sym=True),
        "gptq-b4-g32-desc-asym-bf16": lambda r: gptq(r, 4, 32, desc_act=True, dtype=torch.bfloat16),
        "gptq-b4-g64-noindex-asym": lambda r: gptq(r, 4, 64, with_index=False),
        "gptq-b4-g32-asym-f32": lambda r: gptq(r, 4, 32, dtype=torch.float32),
        "gptq-b4-gm1-sym-v2": lambda r: gptq(r, 4, -1, sym=True, v2=True),
        "gptq-b8-gm1-asym": lambda r: gptq(r, 8, -1),
        "awq-gemm-g32": lambda r: awq(r, "gemm", 32),
        "awq-gemv-g32": lambda r: awq(r, "gemv", 32),
        "nf4": lambda r: bnb4(r, "nf4", False, (OUT, 128)),
        "nf4-dq-across-rows": lambda r: bnb4(r, "nf4", True),
        "nf4-odd": lambda r: bnb4(r, "nf4", False, (5, 37)),
        "fp4-dq": lambda r: bnb4(r, "fp4", True, (OUT, 128)),
        "int8": int8,
    }
    for seed, (name, make) in enumerate(cases.items()):
        tensors, expected, config = make(np.random.default_rng(3000 + seed))
        assert expected.dtype == np.float32
        target = folder / name
        target.mkdir(exist_ok=True)
        stored = {f"linear.{part}": torch.as_tensor(tensor).contiguous() for part, tensor in tensors.items()}
        stored["expected"] = torch.from_numpy(expected).contiguous()
        save_file(stored, target / "model.safetensors")
        (target / "config.json").write_text(json.dumps({"quantization_config": config}, indent=2) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
