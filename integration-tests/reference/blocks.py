"""Golden data of the block schemes: packed bytes and what gguf.quants.dequantize makes of them.

    python blocks.py ../src/test/resources/golden/blocks

A file <SCHEME>.bin is, little-endian: int32 number of blocks; the packed blocks; the decoded values
as float32. Where gguf has a quantizer, half of the blocks are quantized normal values; the others,
and all blocks of the remaining schemes, are random bytes with chosen scales. The first blocks carry
the scales of EXTREMES.
"""
import ctypes
import pathlib
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

# byte offsets of the float16 fields of a block
HALF_FIELDS = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
    "IQ4_NL": [0], "IQ4_XS": [0], "IQ3_S": [0], "IQ3_XXS": [0], "IQ2_S": [0], "IQ2_XS": [0], "IQ2_XXS": [0],
    "IQ1_M": [], "IQ1_S": [0], "TQ1_0": [52], "TQ2_0": [64], "MXFP4": [], "NVFP4": [], "Q8_1": [0], "Q8_K": [],
    "Q2_0": [0], "Q1_0": [0],
}
# legacy layouts: bits, block length, whether there is a minimum, type of scales, whether pairs share a byte
LEGACY = {
    "Q4_0_GGJT1": (4, 32, False, np.float32, True), "Q4_1_GGJT1": (4, 32, True, np.float32, True),
    "Q4_2_GGJT1": (4, 16, False, np.float16, True), "Q5_0_GGJT1": (5, 32, False, np.float16, True),
    "Q5_1_GGJT1": (5, 32, True, np.float16, True), "Q4_0_GGJT2": (4, 32, False, np.float32, False),
    "Q4_1_GGJT2": (4, 32, True, np.float32, False), "Q8_0_GGJT2": (8, 32, False, np.float32, False),
}
FLOATS = ["F32", "F16", "BF16"]
QUANTIZERS = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "TQ1_0", "TQ2_0", "MXFP4"}
# block length and bytes where gguf has no decoder, or other sizes than ggml
SIZES = {"Q8_1": (32, 36), "Q8_K": (256, 292), "Q2_0": (64, 18), "Q1_0": (128, 18)}
# ggml's number of types that gguf has no decoder for but ggml has
GGML_TYPES = {"Q2_0": 42, "Q1_0": 41}
# zero, negative zero, smallest and largest subnormal, largest, infinities, NaN, negative
EXTREMES = np.array([0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0xBC00], np.uint16)


def block_bytes(name, rng):
    length, size = SIZES.get(name) or GGML_QUANT_SIZES[GGMLQuantizationType[name]]
    count = 64 if length <= 64 else 20
    blocks = rng.integers(0, 256, (count, size), np.uint8)
    for offset in HALF_FIELDS[name]:
        halves = (rng.standard_normal(count) * 10.0 ** rng.uniform(-4, 0, count)).astype(np.float16)
        halves = halves.view(np.uint16)
        # each field meets every extreme, at another block than the field before it
        halves[: len(EXTREMES)] = np.roll(EXTREMES, HALF_FIELDS[name].index(offset))
        blocks[:, offset:offset + 2] = halves.view(np.uint8).reshape(count, 2)
    if name == "IQ1_M":  # the four nibbles of its scale
        halves = (rng.standard_normal(count) * 10.0 ** rng.uniform(-4, 0, count)).astype(np.float16).view(np.uint16)
        halves[: len(EXTREMES)] = EXTREMES
        for j in range(4):
            blocks[:, 49 + 2 * j] = blocks[:, 49 + 2 * j] & 15 | (halves >> 4 * j & 15) << 4
    if name == "MXFP4":
        blocks[:5, 0] = [0, 1, 2, 254, 255]
        blocks[5:, 0] = rng.integers(100, 140, count - 5)
    if name == "Q8_K":
        scales = rng.standard_normal(count).astype(np.float32)
        scales[:5] = [0, -0.0, np.inf, np.nan, 1e-45]
        blocks[:, :4] = scales.view(np.uint8).reshape(count, 4)
    if name in QUANTIZERS:
        values = rng.standard_normal((count // 2, length), np.float32)
        blocks[count // 2:] = quantize(values, GGMLQuantizationType[name])
    return blocks


class TypeTraits(ctypes.Structure):
    _fields_ = [
        ("name", ctypes.c_char_p), ("length", ctypes.c_int64), ("interleave", ctypes.c_int64),
        ("bytes", ctypes.c_size_t), ("quantized", ctypes.c_bool),
        ("to_float", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)),
    ]


def decode_with_ggml(name, blocks):
    """By the library that llama-cpp-python brings."""
    import llama_cpp

    library = next(pathlib.Path(llama_cpp.__file__).parent.glob("lib/libggml-base.so"))
    traits_of = ctypes.CDLL(str(library)).ggml_get_type_traits
    traits_of.restype = ctypes.POINTER(TypeTraits)
    traits = traits_of(GGML_TYPES[name]).contents
    assert (traits.length, traits.bytes) == SIZES[name]
    packed = np.ascontiguousarray(blocks)
    values = np.zeros((len(blocks), traits.length), np.float32)
    traits.to_float(packed.ctypes.data, values.ctypes.data, values.size)
    return values


def decode(name, blocks):
    if name in GGML_TYPES:
        return decode_with_ggml(name, blocks)
    if name == "Q8_1":
        return blocks[:, :2].copy().view(np.float16).astype(np.float32) * blocks[:, 4:].view(np.int8)
    if name == "Q8_K":
        return blocks[:, :4].copy().view(np.float32) * blocks[:, 4:260].view(np.int8)
    return dequantize(blocks, GGMLQuantizationType[name]).astype(np.float32)


def float_bytes(name, rng):
    values = (rng.standard_normal(500) * 10.0 ** rng.uniform(-9, 3, 500)).astype(np.float32)
    values[:8] = [0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4e38, -1]
    with np.errstate(over="ignore"):
        packed = quantize(values.reshape(1, -1), GGMLQuantizationType[name])
    return packed.reshape(500, -1).view(np.uint8).reshape(500, -1)


def legacy(name, rng):
    """No library of today reads these: packed from codes, with the values those stand for."""
    bits, length, has_min, dtype, pairs = LEGACY[name]
    count = 40
    codes = rng.integers(0, 1 << bits, (count, length))
    scales = rng.standard_normal((count, 1 + has_min)).astype(dtype)
    scales[:5, 0] = [0, -0.0, np.inf, np.nan, np.finfo(dtype).smallest_subnormal]
    zero = 0 if has_min else 1 << bits - 1
    wide = scales.astype(np.float32)
    decoded = wide[:, :1] * (codes - zero).astype(np.float32)
    if has_min:
        decoded = decoded + wide[:, 1:]
    parts = [scales.view(np.uint8).reshape(count, -1)]
    if bits == 8:
        parts.append((codes - 128).astype(np.int8).view(np.uint8))
    else:
        if bits == 5:
            parts.append(np.packbits((codes >> 4).astype(np.uint8), axis=1, bitorder="little"))
        low = codes & 15
        first, second = (low[:, 0::2], low[:, 1::2]) if pairs else np.hsplit(low, 2)
        parts.append((first | second << 4).astype(np.uint8))
    return np.concatenate(parts, axis=1), decoded


def write(path, blocks, decoded):
    assert decoded.dtype == np.float32
    with open(path, "wb") as file:
        file.write(np.int32(len(blocks)).tobytes() + blocks.tobytes() + decoded.tobytes())


def main(folder):
    for seed, name in enumerate(FLOATS + list(HALF_FIELDS)):
        rng = np.random.default_rng(1000 + seed)
        blocks = float_bytes(name, rng) if name in FLOATS else block_bytes(name, rng)
        with np.errstate(all="ignore"):
            decoded = decode(name, blocks)
        write(folder / f"{name}.bin", blocks, decoded)
    for seed, name in enumerate(LEGACY):
        with np.errstate(all="ignore"):
            blocks, decoded = legacy(name, np.random.default_rng(2000 + seed))
        write(folder / f"{name}.bin", blocks, decoded)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
