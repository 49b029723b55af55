"""Golden tokenizers: tiny ones, trained here, with the ids and texts that the reference libraries give.

    python vocabularies.py train OUT            (transformers, tokenizers, sentencepiece, gguf)
    python vocabularies.py llama.cpp OUT        (llama-cpp-python; adds its ids for the GGUF files)

OUT holds one folder per tokenizer: its files, as a checkpoint has them, and expected.json: a list of
{text, ids (special tokens added), plain (not added), decoded (of plain, special tokens skipped)}, and
"random": ids drawn at random with their decoding. GGUF files hold the same vocabularies; theirs is
{text, ids (add_special and parse_special)}.
"""
import json
import pathlib
import random
import sys

TEXTS = [
    "The miller walked to the river.", "  two leading spaces", "tab\tand\nnewline\n\n", "", " ",
    "Caf\u00e9 d\u00e9j\u00e0 na\u00efve \u2013 \u201cok\u201d", "emoji \U0001F642\U0001F3FD and \u6f22\u5b57\u304b\u306a",
    "1234567890 12 3", "don't we'll I'M", "</s>inside<s>", "a<|user|>b", "\u00a0nbsp\u200bzwsp", "UPPER lower MiXed",
    "x" * 40, "e\u0301 combining", "\r\nCRLF", "trailing space ", "a  b   c", "line one\n\n  line two",
]

SUBJECTS = ["The miller", "A young heron", "The old bridge", "Her brother", "The baker's cat", "A quiet stranger", "The river",
            "Nobody in the valley", "The lamp", "My neighbour"]
VERBS = ["walked to", "waited near", "remembered", "looked at", "slept beside", "never saw", "followed", "was older than"]
OBJECTS = ["the river.", "a stone wall", "the last train!", "an open window?", "the market, twice", "seven small boats",
           "what we'll find", "the snow on the hill", "don't and can't", "caf\u00e9 tables", "12 lanterns"]


def corpus():
    draw = random.Random(7)
    return [" ".join(draw.choice(part) for part in (SUBJECTS, VERBS, OBJECTS)) for _ in range(3000)]


def save(folder, tokenizer, config):
    """Writes tokenizer_config.json and what tokenizer (ids with and without special tokens, decode) answers."""
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1))
    encode, decode = tokenizer
    cases = [dict(text=t, ids=encode(t, True), plain=encode(t, False), decoded=decode(encode(t, False))) for t in TEXTS]
    draw = random.Random(11)
    size = config["vocabulary"]
    rows = [[draw.randrange(size) for _ in range(draw.randrange(1, 24))] for _ in range(60)]
    (folder / "expected.json").write_text(json.dumps(
        dict(cases=cases, random=[dict(ids=r, decoded=decode(r)) for r in rows]), ensure_ascii=False))


def fast(tokenizer):
    return (lambda t, special: tokenizer.encode(t, add_special_tokens=special),
            lambda ids: tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def gguf(path, kind, tokens, types, scores=None, merges=None, pre="default", **keys):
    from gguf import GGUFWriter
    w = GGUFWriter(path, "llama")
    w.add_tokenizer_model(kind)
    w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    if scores is not None:
        w.add_token_scores(scores)
    if merges is not None:
        w.add_token_merges(merges)
    for key, value in keys.items():
        getattr(w, "add_" + key)(value)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def train(folder, **settings):
    import io
    import sentencepiece as spm
    model = io.BytesIO()  # a file's path would be written into the model
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus()), model_writer=model, minloglevel=2, **settings)
    (folder / "tokenizer.model").write_bytes(model.getvalue())


def sentencepiece_bpe(out):
    import sentencepiece as spm
    import transformers
    folder = out / "sentencepiece-bpe"
    folder.mkdir(parents=True, exist_ok=True)
    train(folder, vocab_size=420, model_type="bpe", byte_fallback=True,
          normalization_rule_name="identity", remove_extra_whitespaces=False, add_dummy_prefix=True,
          user_defined_symbols=["<|tool|>"])
    # add_prefix_space=True makes transformers convert with the space put before each part, as released models have it
    hf = transformers.LlamaTokenizerFast(
        str(folder / "tokenizer.model"), legacy=True, add_prefix_space=True, from_slow=True)
    hf.backend_tokenizer.save(str(folder / "tokenizer.json"))
    save(folder, fast(hf), dict(tokenizer_class="LlamaTokenizer", bos_token="<s>", eos_token="</s>", unk_token="<unk>",
                                add_bos_token=True, add_eos_token=False, vocabulary=len(hf)))
    sp = spm.SentencePieceProcessor(str(folder / "tokenizer.model"))
    n = sp.get_piece_size()
    kinds = [2 if sp.is_unknown(i) else 3 if sp.is_control(i) else 6 if sp.is_byte(i) else
             4 if sp.id_to_piece(i) == "<|tool|>" else 1 for i in range(n)]
    for name, space in (("gguf-sentencepiece", True), ("gguf-sentencepiece-no-space", False)):
        (out / name).mkdir(exist_ok=True)
        gguf(out / name / "model.gguf", "llama", [sp.id_to_piece(i) for i in range(n)], kinds,
             scores=[sp.get_score(i) for i in range(n)], bos_token_id=1, eos_token_id=2, unk_token_id=0,
             add_bos_token=True, add_space_prefix=space)


def unigram(out):
    import sentencepiece as spm
    folder = out / "sentencepiece-unigram"
    folder.mkdir(parents=True, exist_ok=True)
    train(folder, vocab_size=110, model_type="unigram")
    sp = spm.SentencePieceProcessor(str(folder / "tokenizer.model"))
    # SentencePiece itself is the reference; it does not read special tokens in a text
    texts = [t for t in TEXTS if "<s>" not in t]
    cases = [dict(text=t, ids=sp.encode(t, add_eos=True), plain=sp.encode(t)) for t in texts]
    (folder / "tokenizer_config.json").write_text(json.dumps(
        dict(tokenizer_class="XGLMTokenizer", bos_token="<s>", eos_token="</s>", unk_token="<unk>", add_eos_token=True)))
    (folder / "expected.json").write_text(json.dumps(dict(cases=cases, random=[]), ensure_ascii=False))


def byte_level(out):
    import tokenizers as library
    import transformers
    from tokenizers import decoders, models, pre_tokenizers, processors, trainers
    folder = out / "byte-level"
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = library.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus(), trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<|end|>", "<|user|>"], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|end|> $A", special_tokens=[("<|end|>", tokenizer.token_to_id("<|end|>"))])
    tokenizer.save(str(folder / "tokenizer.json"))
    hf = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), bos_token="<|end|>", eos_token="<|end|>")
    save(folder, fast(hf), dict(tokenizer_class="PreTrainedTokenizerFast", bos_token="<|end|>", eos_token="<|end|>",
                                vocabulary=len(hf)))
    model = json.loads((folder / "tokenizer.json").read_text())["model"]
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]

    # the same without tokenizer.json, as OPT and old GPT-2 folders come
    files = out / "vocab-and-merges"
    files.mkdir(exist_ok=True)
    (files / "vocab.json").write_text(json.dumps(model["vocab"], ensure_ascii=False))
    (files / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n")
    slow = transformers.GPT2TokenizerFast.from_pretrained(
        str(files), bos_token="<|end|>", eos_token="<|end|>", unk_token="<|end|>", add_bos_token=True)
    save(files, fast(slow), dict(tokenizer_class="GPT2Tokenizer", bos_token="<|end|>", eos_token="<|end|>",
                                 unk_token="<|end|>", add_bos_token=True, vocabulary=len(slow)))

    tokens = sorted(model["vocab"], key=model["vocab"].get)
    types = [3 if t.startswith("<|") else 1 for t in tokens]
    for pre in ("gpt-2", "qwen2", "llama-bpe", "deepseek-llm", "tekken"):
        name = out / ("gguf-" + pre)
        name.mkdir(exist_ok=True)
        gguf(name / "model.gguf", "gpt2", tokens, types, merges=merges, pre=pre, bos_token_id=0, eos_token_id=0)


def llama_cpp(out):
    import llama_cpp
    for path in sorted(out.glob("gguf-*/model.gguf")):
        model = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
        cases = [dict(text=t, ids=model.tokenize(t.encode(), add_bos=True, special=True)) for t in TEXTS]
        (path.parent / "expected.json").write_text(json.dumps(dict(cases=cases), ensure_ascii=False))


if __name__ == "__main__":
    folder = pathlib.Path(sys.argv[2])
    if sys.argv[1] == "train":
        sentencepiece_bpe(folder)
        unigram(folder)
        byte_level(folder)
    else:
        llama_cpp(folder)
