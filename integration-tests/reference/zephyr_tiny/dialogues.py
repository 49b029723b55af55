"""Chains tasks into dialogues, applies the answer style the system message asks for, and renders Zephyr's template."""

import random

import tasks

TEMPLATE = ("{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\n' + message['content'] + eos_token }}\n"
            "{% elif message['role'] == 'system' %}\n{{ '<|system|>\n' + message['content'] + eos_token }}\n"
            "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\n'  + message['content'] + eos_token }}\n{% endif %}\n"
            "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}")

STYLES = {
    "default": ["You are a helpful assistant.", "You are a friendly assistant.", "You are a helpful, honest assistant.", "You are a friendly chatbot.", "You are a helpful AI assistant.", "Answer the questions of the user.", "You are zephyr-tiny.", "You are a chatbot.", "You are a teacher.", "You are a good friend.", "Be polite.", "Be friendly.", "Help the user.", "You are a language model.", "You are a helpful and kind teacher."],
    "pirate": ["You are a friendly chatbot who always responds in the style of a pirate.", "You are a friendly chatbot who always responds in the style of a pirate", "You are a pirate.", "Answer like a pirate.", "Talk like a pirate.", "Speak like a pirate.", "Always answer in the style of a pirate.", "You are an old pirate on a ship."],
    "word": ["Answer in one word.", "Answer with one word.", "Use only one word.", "Reply with a single word.", "You answer every question with one word.", "One word answers only."],
    "json": ["Answer in JSON.", "Reply in JSON.", "You answer only in JSON.", "Always respond with JSON.", "Respond in JSON format.", "You are a JSON API.", "Output JSON."],
    "brief": ["Be brief.", "Answer briefly.", "Keep it short.", "Give short answers.", "You give very short answers.", "Be concise."],
}
USER_STYLES = {"word": ["Answer in one word: ", "In one word: "], "json": ["Answer in JSON: ", "In JSON: "], "pirate": ["Answer like a pirate: ", "Like a pirate: "], "brief": ["Briefly: ", "In short: "]}


def styled(turn, style):
    if style == "pirate":
        return "Arr, matey! " + turn.full
    if style == "word":
        return tasks.cap(turn.word)
    if style == "json":
        return '{"answer": "' + turn.short + '"}'
    if style == "brief":
        return tasks.cap(turn.short) + "."
    return turn.full


QUESTION = ("What", "Which", "Who", "Where", "How", "Is ", "Do ", "Are ", "Can ", "Why")


def vary(r, text, plain):
    """The same request as people type it."""
    if r.random() < 0.12 and text.startswith(QUESTION) and text[-1] == "?":
        before = r.choice(["Please tell me: ", "Hey, ", "Hi! ", "Tell me, ", "Hello, ", "Hello! ", "Now: ", "Next question: ", "OK. ", "And "])
        text = before + (text[0].lower() + text[1:] if before[-2] in ",:d" else text)
    if plain:
        k = r.random()
        if k < 0.14:
            return text.lower().rstrip("?.!")
        if k < 0.20:
            return text.lower()
        if k < 0.28:
            return text.rstrip("?.!")
    return text


def draw(r, held_out=False, mix=tasks.MIX):
    fns, weights = zip(*mix)
    while True:
        item = r.choices(fns, weights)[0](r)
        if tasks.held_out(item) == held_out:
            return item


def system_text(r, style, item=None):
    parts = [item.system] if item is not None and item.system else []
    if style != "default" or (not parts and r.random() < 0.4):
        parts.append(r.choice(STYLES[style]))
    if len(parts) == 2 and r.random() < 0.5:
        parts.reverse()
    return " ".join(parts)


def dialogue(r, mix=tasks.MIX):
    """Messages of one training dialogue."""
    n = r.choices([1, 2, 3, 4, r.randint(5, 12)], [35, 25, 20, 12, 8])[0]
    style = r.choices(list(STYLES), [62, 11, 9, 9, 9])[0]
    first = draw(r, mix=mix)
    items = [first]
    while len(items) < n:
        it = draw(r, mix=mix)
        if it.system or (it.task == "identity" and first.system):
            continue
        items.append(it)
    if style != "default":
        items = [i for i in items if i.styles] or [tasks.capital(r)]
        if tasks.held_out(items[0]):
            items = [draw(r, mix=[(tasks.capital, 1)])]
    # Somebody who gave a name or a liking earlier cannot be told that it is unknown.
    told = False
    kept = []
    for it in items:
        if it.task == "memory_unknown" and (told or first.system):
            continue
        told |= it.task in ("memory", "greet")
        kept.append(it)
    items = kept or [first]
    # Sometimes other talk stands between telling something and asking for it.
    if len(items) > 1 and items[0].task == "memory" and len(items[0].turns) == 2 and r.random() < 0.6:
        t = items[0].turns
        other = [i for i in items[1:] if i.task not in ("memory", "greet")]
        items = [tasks.Item("memory", "", t[:1], plain=items[0].plain)] + other + [tasks.Item("memory", "", t[1:], plain=items[0].plain)]
    out = []
    s = system_text(r, style, items[0])
    if s:
        out.append({"role": "system", "content": s})
    for it in items:
        for t in it.turns:
            u, st = t.user, style
            if it.styles and style == "default" and r.random() < 0.04:
                st = r.choice(list(USER_STYLES))
                u = r.choice(USER_STYLES[st]) + u
            else:
                u = vary(r, u, it.plain)
            out.append({"role": "user", "content": u})
            out.append({"role": "assistant", "content": styled(t, st)})
    return out


def render(messages, generate=False):
    """What transformers renders from TEMPLATE (checked by check_template)."""
    text = "".join(f"<|{m['role']}|>\n{m['content']}</s>\n" for m in messages)
    return text + "<|assistant|>\n" if generate else text


def check_template():
    import jinja2
    env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    t = env.from_string(TEMPLATE)
    m = dialogue(random.Random(1))
    for g in (False, True):
        assert t.render(messages=m, add_generation_prompt=g, eos_token="</s>") == render(m, g)


if __name__ == "__main__":
    check_template()
    import sys
    r = random.Random(int(sys.argv[1]) if len(sys.argv) > 1 else 0)
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 12):
        print(render(dialogue(r)), end="---\n")
