"""Golden data of the quantizers: values, and the bytes that the reference makes of them.

    python quantizers.py LIBGGML_BASE ../src/test/resources/golden/quantize

values.bin holds float32 values, <SCHEME>.bin the packed bytes of all of them. LIBGGML_BASE is the
path of libggml-base.so, e.g. of an installed llama-cpp-python 0.3.36 built without -march flags: its
ggml_quantize_chunk is the reference of the K schemes, gguf that of the others.
"""
import ctypes
import pathlib
import sys

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import quantize

BY_GGUF = ["F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"]
BY_GGML = ["Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]


def values():
    rng = np.random.default_rng(2026)
    normal = rng.standard_normal((24, 256)) * 10.0 ** np.linspace(-5, 2, 24)[:, None]
    rows = [
        np.zeros(256),
        np.full(256, 0.75),
        np.full(256, -3.0),
        np.abs(rng.standard_normal(256)),
        -np.abs(rng.standard_normal(256)),
        np.where(np.arange(256) == 77, 50.0, rng.standard_normal(256) * 0.01),
        np.where(np.arange(256) < 128, 0, rng.standard_normal(256)),
        np.arange(256) / 2 - 64,  # ties of rounding
        rng.standard_t(2, 256),
        rng.integers(-2, 3, 256),
    ]
    return np.concatenate([normal, rows]).astype(np.float32)


def by_ggml(library, x, qtype):
    length, size = GGML_QUANT_SIZES[qtype]
    out = np.zeros(x.size // length * size, np.uint8)
    chunk = library.ggml_quantize_chunk
    chunk.restype = ctypes.c_size_t
    chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p] + [ctypes.c_int64] * 3 + [ctypes.c_void_p]
    written = chunk(qtype.value, x.ctypes.data, out.ctypes.data, 0, x.shape[0], x.shape[1], None)
    assert written == out.size
    return out


def main(library, folder):
    x = values()
    x.tofile(folder / "values.bin")
    for name in BY_GGUF + BY_GGML:
        qtype = GGMLQuantizationType[name]
        packed = quantize(x, qtype) if name in BY_GGUF else by_ggml(library, x, qtype)
        packed.tofile(folder / f"{name}.bin")


if __name__ == "__main__":
    main(ctypes.CDLL(sys.argv[1]), pathlib.Path(sys.argv[2]))
