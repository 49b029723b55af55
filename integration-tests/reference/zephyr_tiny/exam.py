"""The held-out exam: builds it, and scores the Q8_0 values of a checkpoint by exact match of the greedy answer.

No key of the exam is ever in the training text: a key is the phrasing with its words, the facts of a little text, or the words
of a list (see tasks.held_out); the requests that must be declined use templates that training never shows.
"""

import argparse
import json
import random

import numpy as np

import dialogues
import facts
import tasks as T


def keep(task, item):
    """Commutative and doubled questions count once."""
    return task + "|" + item.key.lower().rstrip("?.!")


def single(task):
    return lambda r: dialogues.draw(r, True, [(task, 1)])


def of(r, *fns):
    return dialogues.draw(r, True, [(f, 1) for f in fns])


FACTS = (T.capital, T.color, T.opposite, T.kind, T.animal, T.calendar, T.reading, T.word_list)
# exam task -> draws an item
EXAM = {
    "talk": lambda r: of(r, T.greet, T.chat, T.identity, T.identity), "glossary": single(T.glossary), "capital": single(T.capital), "color": single(T.color), "opposite": single(T.opposite),
    "kind": single(T.kind), "animal": single(T.animal), "calendar": single(T.calendar), "general": single(T.general), "number": single(T.number), "list": single(T.word_list), "name_some": single(T.name_some),
    "memory": single(T.memory), "reading": single(T.reading), "story_recall": single(T.story), "system_user": single(T.system_user),
    "unknown": lambda r: T.unknown(r, facts.UNKNOWN_EXAM),
    "pirate": lambda r: of(r, *FACTS), "json": lambda r: of(r, *FACTS), "word": lambda r: of(r, *FACTS), "brief": lambda r: of(r, *FACTS), "plain": lambda r: of(r, *FACTS),
}


def build(per_task, seed=2026):
    r = random.Random(seed)
    out = []
    for task, fn in EXAM.items():
        seen, tries = set(), 0
        while len(seen) < per_task and tries < 6000:
            tries += 1
            item = fn(r)
            k = keep(task, item)
            if k in seen or (task == "story_recall" and len(item.turns) < 2) or (task == "plain" and not item.plain):
                continue
            seen.add(k)
            style = task if task in dialogues.STYLES else "default"
            m = []
            s = dialogues.system_text(r, style, item)
            if s:
                m.append({"role": "system", "content": s})
            for t in item.turns:
                u = t.user.lower().rstrip("?.!") if task == "plain" else t.user
                m += [{"role": "user", "content": u}, {"role": "assistant", "content": dialogues.styled(t, style)}]
            out.append({"task": task, "messages": m[:-1], "answer": m[-1]["content"]})
    return out


def interval(hits, seed=1):
    """95 % bootstrap interval over keys."""
    h = np.array(hits, float)
    means = np.random.default_rng(seed).choice(h, (2000, len(h))).mean(1)
    return np.percentile(means, [2.5, 97.5])


def score(rows, answers):
    by = {}
    for row, (text, _) in zip(rows, answers):
        by.setdefault(row["task"], []).append(text == row["answer"])
    lines = [f"| {t} | {len(h)} | {100 * np.mean(h):.0f}% | {100 * interval(h)[0]:.0f}-{100 * interval(h)[1]:.0f} |" for t, h in by.items()]
    every = [x for h in by.values() for x in h]
    stopped = np.mean([s for _, s in answers])
    lines.append(f"| all | {len(every)} | {100 * np.mean(every):.1f}% | {100 * interval(every)[0]:.1f}-{100 * interval(every)[1]:.1f} |")
    lines.append(f"mean over tasks {100 * np.mean([np.mean(h) for h in by.values()]):.1f}%, stopped by itself {100 * stopped:.1f}%")
    return "\n".join(lines)


def stories(model, tok, n=60):
    """Stories asked for with held-out requests: names the hero (and the name asked for), at least four sentences, ends with "The end."."""
    import generate
    r = random.Random(5)
    items = [dialogues.draw(r, True, [(T.story, 1)]) for _ in range(n)]
    got = generate.greedy(model, tok, [generate.prompt_ids(tok, [{"role": "user", "content": i.turns[0].user}]) for i in items], 220)
    asked = lambda i: i.facts["hero"] in i.turns[0].user
    good = [s and t.endswith("The end.") and t.count(".") >= 4 and (not asked(i) or i.facts["hero"] in t) and i.facts["name"] in t for i, (t, s) in zip(items, got)]
    return f"stories by rule {100 * np.mean(good):.0f}% of {n}"


if __name__ == "__main__":
    a = argparse.ArgumentParser()
    a.add_argument("--build", help="write the exam to this file")
    a.add_argument("--per-task", type=int, default=60)
    a.add_argument("--exam")
    a.add_argument("--checkpoint")
    a.add_argument("--weights", default="ema")
    a.add_argument("--tokenizer")
    a.add_argument("--first", type=int, default=0, help="only so many of each task")
    a.add_argument("--wrong", action="store_true", help="print the wrong answers")
    args = a.parse_args()
    if args.build:
        with open(args.build, "w", encoding="utf-8") as f:
            for row in build(args.per_task):
                f.write(json.dumps(row, ensure_ascii=False) + "\n")
    if args.checkpoint:
        import torch

        import export
        import generate
        import vocab
        torch.set_num_threads(1)
        tok = vocab.load(args.tokenizer)
        model = generate.load(export.q8_round_trip(export.weights(args.checkpoint, args.weights)))
        rows = [json.loads(x) for x in open(args.exam, encoding="utf-8")]
        if args.first:
            count = {}
            rows = [x for x in rows if count.setdefault(x["task"], []).append(1) or len(count[x["task"]]) <= args.first]
        got = generate.greedy(model, tok, [generate.prompt_ids(tok, x["messages"]) for x in rows], 100)
        print(score(rows, got))
        print(stories(model, tok, args.first * 3 or 60))
        if args.wrong:
            for x, (t, _) in zip(rows, got):
                if t != x["answer"]:
                    print(x["task"], "|", " / ".join(m["content"] for m in x["messages"][-3:]), "->", t, "| expected:", x["answer"])
