"""Trains the BPE vocabulary and writes it as Llama-style tokenizer.json (byte fallback, merges from scores) for Hugging Face.

The same pieces and scores go into the GGUF file ("llama" kind). Both cut a prompt in the same way: special tokens are cut out
first, "▁" is put before every remaining part, spaces become "▁", and the pair that makes the best scored piece is merged first.
"""

import json
import random
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers, AddedToken, Regex

import dialogues

SIZE = 1536
SPECIAL = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,!?:;'\"-+*/=()<>|{}_&%$#@▁"


def corpus(n, seed=7):
    r = random.Random(seed)
    for _ in range(n):
        for part in dialogues.render(dialogues.dialogue(r), True).split("</s>"):
            yield part


def train_pieces():
    t = Tokenizer(models.BPE())
    t.normalizer = normalizers.Sequence([normalizers.Replace(" ", "▁")])
    t.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\n"), "removed"),
        pre_tokenizers.Split(Regex(r"<\|[a-z]+\|>|▁?[A-Za-z]+|▁?[^A-Za-z▁]|▁"), "isolated"),
    ])
    tr = trainers.BpeTrainer(vocab_size=SIZE - len(SPECIAL) - len(BYTES), initial_alphabet=list(LETTERS), limit_alphabet=len(LETTERS), min_frequency=8, show_progress=False)
    t.train_from_iterator(corpus(40000), tr)
    v = sorted(t.get_vocab().items(), key=lambda kv: kv[1])
    pieces = [p for p, _ in v]
    # Alphabet first in training order; in the file merged pieces come first so that the score falls with the id.
    merged = [p for p in pieces if len(p) > 1]
    single = [p for p in pieces if len(p) == 1]
    return merged + single


def merges_by_score(pieces):
    """Every split of a piece into two pieces, best score first: what converters make of a SentencePiece vocabulary."""
    rank = {p: i for i, p in enumerate(pieces)}
    out = []
    for i, p in enumerate(pieces):
        pairs = [(p[:k], p[k:]) for k in range(1, len(p)) if p[:k] in rank and p[k:] in rank]
        out += sorted(pairs, key=lambda ab: (rank[ab[0]], rank[ab[1]]))
    return out


def build(pieces):
    vocab = {t: i for i, t in enumerate(SPECIAL + BYTES + pieces)}
    t = Tokenizer(models.BPE(vocab=vocab, merges=merges_by_score(pieces), unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    t.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in SPECIAL])
    t.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return t


def load(path):
    return Tokenizer.from_file(path)


if __name__ == "__main__":
    pieces = train_pieces()
    assert len(pieces) + 259 == SIZE, len(pieces)
    build(pieces).save(sys.argv[1])
    t = load(sys.argv[1])
    print(pieces[:60], pieces[-110:-90])
    text = dialogues.render([{"role": "user", "content": "Hello, what is the capital of France? naïve"}], True)
    print(t.encode(text).tokens)
    n = chars = 0
    for part in corpus(500, 99):
        n += len(t.encode(part, add_special_tokens=False).ids)
        chars += len(part)
    print("characters per token", chars / n)
