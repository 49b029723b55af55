"""Compares the golden GGUF models with llama.cpp itself.

    python llama_cpp_logits.py ../src/test/resources/golden/models [CASE ...]

For each case the largest and the root mean square difference between logits.bin, which transformers
computed, and what llama.cpp computes. The files hold no vocabulary, which llama.cpp insists on, so it
is given a copy that says so. llama.cpp rounds activations to 8 bits (16 where weights are bf16 or f16), so a
quantized model differs by some hundredths; a wrong permutation, norm or rotation differs by 1 and more. It
heeds no sliding window of Mistral and Phi-3, as transformers does: gguf-mistral-f16-window and
gguf-phi3-q8_0 differ by 3. Wants gguf and llama-cpp-python; the figures of 0.3.36 are in docs/adding-an-architecture.md.
"""
import json
import pathlib
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np


def copy_without_vocabulary(source, target):
    reader = gguf.GGUFReader(source)
    arch = reader.fields["general.architecture"].contents()
    writer = gguf.GGUFWriter(target, arch)
    for name, field in reader.fields.items():
        if not name.startswith("GGUF.") and name not in ("general.architecture", f"{arch}.vocab_size"):
            writer.add_key_value(name, field.contents(), field.types[0], field.types[-1] if len(field.types) > 1 else None)
    writer.add_tokenizer_model("none")
    for tensor in reader.tensors:
        if tensor.name == "token_embd.weight":
            writer.add_vocab_size(int(tensor.shape[1]))
        floats = tensor.tensor_type in (gguf.GGMLQuantizationType.F32, gguf.GGMLQuantizationType.F16)
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=None if floats else tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare(folder):
    reference = np.fromfile(folder / "logits.bin", "<f4")
    prompt = json.loads((folder / "reference.json").read_text())["prompt"]
    with tempfile.TemporaryDirectory() as scratch:
        path = str(pathlib.Path(scratch, "model.gguf"))
        copy_without_vocabulary(folder / "model.gguf", path)
        model = llama_cpp.Llama(path, n_ctx=len(prompt), n_batch=512, logits_all=True, n_threads=1, verbose=False,
                                type_k=0, type_v=0, flash_attn=False)
        model.eval(prompt)
        found = np.array(model.scores[:len(prompt)]).ravel()
    difference = np.abs(found - reference)
    print(f"{folder.name:28} max {difference.max():.5f} rms {np.sqrt((difference ** 2).mean()):.5f}", flush=True)


if __name__ == "__main__":
    root = pathlib.Path(sys.argv[1])
    for case in sys.argv[2:] or sorted(f.parent.name for f in root.glob("*/model.gguf")):
        compare(root / case)
