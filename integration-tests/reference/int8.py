"""Golden data of linear layers whose activations are rounded to 8 bits as well, made on the CPU.

    python int8.py ../src/test/resources/golden/int8

llm-int8: Linear8bitLt of bitsandbytes for thresholds 0 and 6.
dynamic: torch.ao.quantization.quantize_dynamic on fbgemm.
Every module `x.<n>` is the input of one call, whose result is `y.<n>` (`y<threshold>.<n>`).
"""
import json
import pathlib
import sys

import bitsandbytes
import torch
from safetensors.torch import save_file


def llm_int8(folder):
    torch.manual_seed(8)
    weight = (torch.randn(12, 80) * torch.logspace(-2, 0, 12)[:, None]).half().float()
    bias = torch.randn(12)
    inputs = [torch.randn(5, 80), torch.randn(1, 80), torch.randn(3, 80)]
    inputs[0][1, 7] = 40.0
    inputs[0][4, 7] = -9.5
    inputs[0][2, 63] = 6.0  # the threshold itself counts
    inputs[1][0, 70] = -31.0
    tensors = {f"x.{i}.weight": x for i, x in enumerate(inputs)}
    for threshold in [0, 6]:
        layer = bitsandbytes.nn.Linear8bitLt(80, 12, has_fp16_weights=False, threshold=float(threshold))
        layer.load_state_dict({"weight": weight, "bias": bias})
        layer = layer.to("cpu").eval()  # in training it would multiply in floats
        for i, x in enumerate(inputs):
            tensors[f"y{threshold}.{i}.weight"] = layer(x).detach()
        tensors |= {"linear.weight": layer.state.CB, "linear.SCB": layer.state.SCB}
    save(tensors | {"source.weight": weight, "source.bias": bias}, folder / "llm-int8",
         {"quant_method": "bitsandbytes", "load_in_8bit": True})


def dynamic(folder):
    torch.manual_seed(9)
    torch.backends.quantized.engine = "fbgemm"
    layer = torch.nn.Linear(72, 10)
    inputs = [
        torch.randn(4, 72),
        torch.rand(3, 72) + 0.5,  # the range is extended to hold zero
        -torch.rand(2, 72),
        torch.zeros(1, 72),
        torch.randn(1, 72) * 1e-4,  # a step that is too small is made larger
        torch.randn(6, 72) * torch.logspace(-2, 2, 6)[:, None],
    ]
    tensors = {"source.weight": layer.weight.detach(), "source.bias": layer.bias.detach()}
    quantized = torch.ao.quantization.quantize_dynamic(torch.nn.Sequential(layer), {torch.nn.Linear})[0]
    packed = quantized.weight()
    tensors |= {"expected.weight": packed.dequantize()}
    for i, x in enumerate(inputs):
        tensors |= {f"x.{i}.weight": x, f"y.{i}.weight": quantized(x)}
    save(tensors, folder / "dynamic", None)


def save(tensors, folder, quantization):
    folder.mkdir(exist_ok=True)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, folder / "model.safetensors")
    config = {"quantization_config": quantization} if quantization else {}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")


if __name__ == "__main__":
    target = pathlib.Path(sys.argv[1])
    target.mkdir(exist_ok=True)
    llm_int8(target)
    dynamic(target)
