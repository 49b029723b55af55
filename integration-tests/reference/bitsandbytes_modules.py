"""Golden data that bitsandbytes itself quantized and decoded, on its CPU path.

    python bitsandbytes_modules.py ../src/test/resources/golden/modules

Like modules.py, with the float32 weights as tensor `source`. Rows are multiples of 64 long: the CPU
kernel of bitsandbytes 0.49.2 decodes blocks that cross the ends of rows wrongly.
"""
import json
import pathlib
import sys

import bitsandbytes.functional as bnb
import torch
from safetensors.torch import save_file


def main(folder):
    torch.manual_seed(49)
    source = torch.randn(24, 128) * torch.logspace(-3, 0, 24)[:, None]
    source[3] = 0
    for kind in ["nf4", "fp4"]:
        for nested in [False, True]:
            codes, state = bnb.quantize_4bit(source, quant_type=kind, compress_statistics=nested)
            tensors = {f"linear.weight.{part}": t for part, t in state.as_dict(packed=True).items()}
            tensors["linear.weight"] = codes
            tensors["expected"] = bnb.dequantize_4bit(codes, state)
            config = {"load_in_4bit": True, "bnb_4bit_quant_type": kind, "bnb_4bit_use_double_quant": nested}
            write(folder / f"bnb-{kind}{'-dq' if nested else ''}", tensors, source, config)
    half = source.half()
    codes, scb, _ = bnb.int8_vectorwise_quant(half)
    tensors = {"linear.weight": codes, "linear.SCB": scb, "linear.weight_format": torch.tensor(0, dtype=torch.uint8)}
    tensors["expected"] = bnb.int8_vectorwise_dequant(codes, scb)
    write(folder / "bnb-int8", tensors, half.float(), {"load_in_8bit": True})


def write(target, tensors, source, config):
    target.mkdir(exist_ok=True)
    tensors["source"] = source
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, target / "model.safetensors")
    config = {"quantization_config": {"quant_method": "bitsandbytes"} | config}
    (target / "config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
