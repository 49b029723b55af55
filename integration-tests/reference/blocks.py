"""Golden data of the block schemes: packed bytes and what gguf.quants.dequantize makes of them.

    python blocks.py ../src/test/resources/golden/blocks

A file <SCHEME>.bin is, little-endian: int32 number of blocks; the packed blocks; the decoded values
as float32. Where gguf has a quantizer, half of the blocks are quantized normal values; the others,
and all blocks of the remaining schemes, are random bytes with chosen scales. The first blocks carry
the scales of EXTREMES.
"""
import pathlib
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

# byte offsets of the float16 fields of a block
HALF_FIELDS = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
    "IQ4_NL": [0], "IQ4_XS": [0],
}
FLOATS = ["F32", "F16", "BF16"]
QUANTIZERS = {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"}
# zero, negative zero, smallest and largest subnormal, largest, infinities, NaN, negative
EXTREMES = np.array([0x0000, 0x8000, 0x0001, 0x83FF, 0x7BFF, 0x7C00, 0xFC00, 0x7E00, 0xBC00], np.uint16)


def block_bytes(name, rng):
    qtype = GGMLQuantizationType[name]
    length, size = GGML_QUANT_SIZES[qtype]
    count = 64 if length == 32 else 20
    blocks = rng.integers(0, 256, (count, size), np.uint8)
    for offset in HALF_FIELDS[name]:
        halves = (rng.standard_normal(count) * 10.0 ** rng.uniform(-4, 0, count)).astype(np.float16)
        halves = halves.view(np.uint16)
        # each field meets every extreme, at another block than the field before it
        halves[: len(EXTREMES)] = np.roll(EXTREMES, HALF_FIELDS[name].index(offset))
        blocks[:, offset:offset + 2] = halves.view(np.uint8).reshape(count, 2)
    if name in QUANTIZERS:
        values = rng.standard_normal((count // 2, length), np.float32)
        blocks[count // 2:] = quantize(values, qtype)
    return blocks


def float_bytes(name, rng):
    values = (rng.standard_normal(500) * 10.0 ** rng.uniform(-9, 3, 500)).astype(np.float32)
    values[:8] = [0, -0.0, np.inf, -np.inf, np.nan, 1e-45, 3.4e38, -1]
    with np.errstate(over="ignore"):
        packed = quantize(values.reshape(1, -1), GGMLQuantizationType[name])
    return packed.reshape(500, -1).view(np.uint8).reshape(500, -1)


def main(folder):
    for seed, name in enumerate(FLOATS + list(HALF_FIELDS)):
        rng = np.random.default_rng(1000 + seed)
        blocks = float_bytes(name, rng) if name in FLOATS else block_bytes(name, rng)
        with np.errstate(all="ignore"):
            decoded = dequantize(blocks, GGMLQuantizationType[name])
        assert decoded.dtype == np.float32
        with open(folder / f"{name}.bin", "wb") as file:
            file.write(np.int32(len(blocks)).tobytes() + blocks.tobytes() + decoded.tobytes())


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
