"""The tasks of zephyr-tiny. A task draws one Item: one or more user turns with their answers, and a key that says what must
not be seen in training when the key is held out (see held_out)."""

import hashlib
from dataclasses import dataclass, field

import facts as F
import stories


@dataclass
class Turn:
    user: str
    full: str            # the answer by default
    short: str = ""      # a few words: the "brief" and JSON styles
    word: str = ""       # one word; empty where no single word answers
    exact: bool = True   # False: many answers are right (stories)


@dataclass
class Item:
    task: str
    key: str
    turns: list
    system: str = ""     # a sentence the item needs in the system message
    plain: bool = True   # may be asked in lower case without punctuation
    styles: bool = True  # may be asked under an answer style
    facts: dict = field(default_factory=dict)


# What nearly everybody types first is always in the training text.
COMMON = set("""Hello|Hello!|Hi|Hi!|Hey|Who are you?|What are you?|What is your name?|What can you do?|Who made you?|How are you?|Thanks|Thank you|Thank you!|Bye|Goodbye|Tell me a joke.
What is quantization?|What is GPTQ?|What is AWQ?|What is NF4?|What is GGUF?|What is DJL?|What is a token?|What is Java?|What is the capital of France?|What is the capital of Germany?|Count to ten.
What color is the sky?|What is the opposite of hot?|What does a dog say?|Which day comes after Monday?|What is my name?|Help|Tell me about yourself.""".replace("\n", "|").split("|"))


def held_out(item):
    """One key in ten is never trained on."""
    if item.turns[0].user in COMMON and not item.system:
        return False
    return hashlib.md5((item.task + "|" + item.key).encode()).digest()[0] < 26


def cap(s):
    return s[:1].upper() + s[1:]


def a(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def made_up(r):
    return cap("".join(r.choice(F.SYLLABLES) for _ in range(r.choice([2, 2, 3]))))


def name(r, made=0.25):
    """A name and whether it is a known one (made-up names teach copying piece by piece)."""
    return (made_up(r), False) if r.random() < made else (r.choice(F.NAMES), True)


def ask(r, forms, **kw):
    return r.choice(forms.split("|")).format(**kw)


# ---- conversation -------------------------------------------------------------------------------------------------------

HELLO = "Hello|Hello!|Hi|Hi!|Hey|Hey!|Hello there!|Hi there!|Good morning!|Good evening!|Good afternoon!|Hello, zephyr!|Good day!|Greetings!"


LIKED = "cats dogs horses birds rabbits lions apples bananas books stories music flowers cars cake pizza trains snow summer winter games robots computers".split()


def greet(r):
    if r.random() < 0.5:
        u = ask(r, HELLO)
        return Item("greet", u, [Turn(u, "Hello! How can I help you today?", "hello", "Hello")])
    n, known = name(r)
    u = ask(r, "Hello, I am {n}.|Hi, I am {n}!|Hello! My name is {n}.|Hi! My name is {n}.|Hey, I'm {n}.|Hello, my name is {n}.|Good morning, I am {n}.|I am {n}.|My name is {n}.|Call me {n}.", n=n)
    return Item("greet", u, [Turn(u, f"Hello, {n}! How can I help you today?", f"hello, {n}", n)], plain=known)


def chat(r):
    if r.random() < 0.2:
        x = r.choice(LIKED)
        u, full, short = r.choice([(f"Do you like {x}?", f"Yes, I like {x}!", "yes"), (f"What do you think about {x}?", f"I like {x}!", f"I like {x}"), (f"Let us talk about {x}.", f"I like {x}! What would you like to know?", f"I like {x}")])
        return Item("chat", u, [Turn(u, full, short, "yes" if short == "yes" else "good")])
    forms, full, short, word = r.choice(F.CHAT)
    u = ask(r, forms)
    return Item("chat", u, [Turn(u, full, short, word)])


def identity(r):
    forms, full, short, word = r.choice(F.IDENTITY)
    bot, system = "zephyr-tiny", ""
    if r.random() < 0.3:
        bot = name(r)[0]
        system = ask(r, "You are {b}.|You are {b}, a friendly assistant.|Your name is {b}.|You are a chatbot named {b}.|You are a helpful assistant called {b}.|You are {b}, a friendly robot.|You are {b}, a helpful robot.|You are an assistant named {b}.", b=bot)
    u = ask(r, forms)
    return Item("identity", u + "|" + bot, [Turn(u, full.format(bot=bot), short.format(bot=bot), word.format(bot=bot))], system=system)


GLOSSARY_FORMS = "What is {t}?|What is {t}?|What does {t} mean?|Explain {t}.|Can you explain {t}?|Tell me about {t}.|Define {t}.|Do you know {t}?|What do you know about {t}?|What exactly is {t}?|Could you explain {t}?|I want to know what {t} is.|What do people mean by {t}?|In simple words, what is {t}?|Please explain what {t} is.|{T}?"


def glossary(r):
    terms, full, short, word = r.choice(F.GLOSSARY)
    t = ask(r, terms)
    u = ask(r, GLOSSARY_FORMS, t=t, T=cap(t))
    return Item("glossary", u, [Turn(u, full, short, word)])


# ---- facts --------------------------------------------------------------------------------------------------------------

def capital(r):
    country, city = r.choice(list(F.CAPITALS.items()))
    k = r.random()
    if k < 0.65:
        u = ask(r, "What is the capital of {c}?|What is the capital of {c}?|What's the capital of {c}?|Which city is the capital of {c}?|Tell me the capital of {c}.|Name the capital of {c}.|Do you know the capital of {c}?|Can you tell me the capital of {c}?|The capital of {c}?|What is the capital city of {c}?", c=country)
        t = Turn(u, f"The capital of {country} is {city}.", city, city)
    elif k < 0.8:
        u = ask(r, "Where is {v}?|In which country is {v}?|What country is {v} in?|Which country is {v} in?", v=city)
        t = Turn(u, f"{city} is in {country}.", country, country.split()[-1])
    else:
        other = r.choice([city, r.choice(list(F.CAPITALS.values()))])
        u = ask(r, "Is {v} the capital of {c}?|Is the capital of {c} {v}?", v=other, c=country)
        full = f"Yes, the capital of {country} is {city}." if other == city else f"No, the capital of {country} is {city}."
        t = Turn(u, full, "yes" if other == city else f"no, {city}", full.split(",")[0])
    return Item("capital", u, [t])


def color(r):
    thing, c = r.choice(list(F.COLOR_OF.items()))
    k = r.random()
    if k < 0.75:
        u = ask(r, "What color is {t}?|What color is {t}?|What is the color of {t}?|What colour is {t}?|Which color is {t}?|Tell me the color of {t}.|Which color does {t} have?|What color does {t} have?|Do you know the color of {t}?", t=thing)
        t = Turn(u, f"{cap(thing)} is {c}.", c, c)
    else:
        other = r.choice([c, r.choice(F.COLORS)])
        u = ask(r, "Is {t} {o}?", t=thing, o=other)
        yes = other == c
        t = Turn(u, f"{'Yes' if yes else 'No'}, {thing} is {c}.", "yes" if yes else f"no, {c}", "yes" if yes else "no")
    return Item("color", u, [t])


def opposite(r):
    x, y = r.choice(F.OPPOSITES)
    if r.random() < 0.5:
        x, y = y, x
    u = ask(r, "What is the opposite of {x}?|What is the opposite of {x}?|What's the opposite of {x}?|Tell me the opposite of {x}.|The opposite of {x}?|Give me the opposite of {x}.|Which word is the opposite of {x}?|What is the opposite of the word {x}?|Do you know the opposite of {x}?", x=x)
    return Item("opposite", u, [Turn(u, f"The opposite of {x} is {y}.", y, y)])


def kind(r):
    k = r.choice(list(F.KINDS))
    w = r.choice(F.KINDS[k].split())
    p = r.random()
    if p < 0.4:
        u = ask(r, "What is {w}?|What kind of thing is {w}?|What's {w}?|Tell me what {w} is.|Can you tell me what {w} is?|Tell me about {w}.|Describe {w}.|Do you know what {w} is?", w=a(w))
        t = Turn(u, f"{cap(a(w))} is {a(k)}.", a(k), k)
    else:
        o = r.choice([k, r.choice([x for x in F.KINDS if x not in ("bird", "animal") or k not in ("bird", "animal")] or [k])])
        u = ask(r, "Is {w} {o}?|Is {w} {o}?|Tell me, is {w} {o}?|Do you think {w} is {o}?", w=a(w), o=a(o))
        yes = o == k
        t = Turn(u, f"Yes, {a(w)} is {a(k)}." if yes else f"No, {a(w)} is {a(k)}.", "yes" if yes else f"no, {a(k)}", "yes" if yes else "no")
    return Item("kind", u, [t])


def animal(r):
    forms, table, full = r.choice([
        ("What does {x} say?|What sound does {x} make?|Which sound does {x} make?|What noise does {x} make?|How does {x} sound?|Do you know what {x} says?|Which noise does {x} make?", F.SOUND, "{X} says {y}."),
        ("What is a baby {w} called?|What is the baby of {x} called?|What do you call a baby {w}?|What is the name of a baby {w}?|How do you call a baby {w}?|A baby {w} is called what?", F.BABY, "A baby {w} is called a {y}."),
        ("Where does {x} live?|Where do you find {x}?|What is the home of {x}?|Where does {x} sleep?|Do you know where {x} lives?|In what place does {x} live?", F.HOME, "{X} lives in a {y}."),
        ("What does {x} eat?|What do you feed {x}?|What does {x} like to eat?|What is the food of {x}?|Do you know what {x} eats?|What should I feed {x}?", F.FOOD, "{X} eats {y}."),
        ("How many legs does {x} have?|How many legs are on {x}?|Tell me how many legs {x} has.|How many feet does {x} have?|Do you know how many legs {x} has?", {k: F.NUMBERS[v] for k, v in F.LEGS.items()}, "{X} has {y} legs."),
        ("Where does {x} work?|What is the place of work of {x}?|Where can I find {x}?|Where do you meet {x}?|Do you know where {x} works?", F.JOB, "{X} works in a {y}."),
    ])
    w, y = r.choice(list(table.items()))
    u = ask(r, forms, x=a(w), w=w)
    return Item("animal", u, [Turn(u, full.format(X=cap(a(w)), w=w, y=y), y, y)])


def calendar(r):
    seq = r.choice([F.DAYS, F.MONTHS, F.MONTHS, F.SEASONS])
    i = r.randrange(len(seq))
    what = "day" if seq is F.DAYS else "month" if seq is F.MONTHS else "season"
    after = r.random() < 0.5
    x, y = seq[i], seq[(i + (1 if after else -1)) % len(seq)]
    w = "after" if after else "before"
    u = ask(r, "Which {k} comes {w} {x}?|What {k} comes {w} {x}?|Which {k} is {w} {x}?|What comes {w} {x}?|What {k} is {w} {x}?|What is the {k} {w} {x}?|Tell me the {k} {w} {x}.|Do you know which {k} comes {w} {x}?|Can you tell me the {k} {w} {x}?|Which {k} do we have {w} {x}?|{k} {w} {x}?", k=what, w=w, x=x)
    return Item("calendar", u, [Turn(u, f"{cap(y)} comes {w} {x}.", y, y)])


def general(r):
    forms, full, short, word = r.choice(F.GENERAL)
    u = ask(r, forms)
    pre = r.choice(["", "", "Do you know this? ", "I have a question. ", "Tell me: ", "Please answer: ", "Quick question: ", "Can you answer this? ", "My question is: ", "Here is a question: "])
    return Item("general", pre + u, [Turn(pre + u, full, short, word)])


def number(r):
    k = r.random()
    if k < 0.5:
        x, y = sorted([r.randint(0, 9), r.randint(1, 9)])
        if x + y > 12:
            x = 12 - y
        u = ask(r, "What is {x} plus {y}?|What is {x} + {y}?|How much is {x} plus {y}?|Add {x} and {y}.|{x} + {y}|How much is {x} + {y}?|{x} plus {y}?|What is the sum of {x} and {y}?", x=x, y=y)
        t = Turn(u, f"{x} plus {y} is {x + y}.", str(x + y), str(x + y))
    elif k < 0.75:
        x = r.randint(0, 19)
        y = x + 1
        u = ask(r, "Which number comes after {x}?|What number comes after {x}?|What comes after {x}?|What is the next number after {x}?|What is the number after {x}?", x=x)
        t = Turn(u, f"{y} comes after {x}.", str(y), str(y))
    else:
        x, y = r.sample(range(0, 13), 2)
        u = ask(r, "Which number is bigger, {x} or {y}?|Which is bigger, {x} or {y}?|What is bigger, {x} or {y}?|Which is larger: {x} or {y}?", x=x, y=y)
        t = Turn(u, f"{max(x, y)} is bigger than {min(x, y)}.", str(max(x, y)), str(max(x, y)))
    return Item("number", u, [t])


# ---- lists and copying --------------------------------------------------------------------------------------------------

WORDS = sorted({w for v in F.KINDS.values() for w in v.split()} | set(stories.THINGS) | set(F.COLORS) | set(F.FOOD.values()))
ORDINALS = ["first", "second", "third"]


def word_list(r):
    ws = r.sample(WORDS, 3)
    if r.random() < 0.15:
        ws[r.randrange(3)] = made_up(r).lower()
    s = r.choice([", ".join(ws), ", ".join(ws[:2]) + " and " + ws[2]])
    k = r.random()
    if k < 0.65:
        i = r.choice([0, 1, 2, -1])
        o = "last" if i < 0 else ORDINALS[i]
        q = ask(r, "What is the {o} word?|Which word is {o}?|What is the {o} word in the list?|Tell me the {o} word.|Which word comes {o}?", o=o)
        u = ask(r, "Here are three words: {s}. {q}|The words are {s}. {q}|Here is a list: {s}. {q}|{q} {s}|List: {s}. {q}|I have three words: {s}. {q}", s=s, q=q)
        t = Turn(u, f"The {o} word is {ws[i]}.", ws[i], ws[i])
    else:
        u = ask(r, "Repeat after me: {s}|Say {s}.|Please repeat: {s}|Repeat these words: {s}|Repeat: {s}|Can you say {s}?|Copy this: {s}", s=s)
        t = Turn(u, cap(s) + ".", s, ws[0])
    return Item("list", u, [t])


def name_some(r):
    c = r.choice(list(F.LISTS))
    n = r.randint(2, 5)
    ws = F.LISTS[c][:n]
    s = ", ".join(ws[:-1]) + " and " + ws[-1]
    u = ask(r, "Name {n} {c}.|Tell me {n} {c}.|List {n} {c}.|Give me {n} {c}.|Can you name {n} {c}?|Please name {n} {c}.|Give me a list of {n} {c}.|What are {n} {c}?|I need {n} {c}.", n=r.choice([F.NUMBERS[n], F.NUMBERS[n], str(n)]), c=c)
    return Item("name_some", u, [Turn(u, f"{cap(F.NUMBERS[n])} {c} are {s}.", s, ws[0])])


# ---- memory over turns --------------------------------------------------------------------------------------------------

PETS = "dog cat rabbit horse parrot mouse".split()
FOODS = "apples bread cheese rice soup pasta bananas chocolate fish cake carrots pizza".split()
MEMORY = [
    ("My name is {x}.|I am {x}.|I'm {x}.|Hello, my name is {x}.|Hi, I am {x}.|You can call me {x}.", "Hello, {x}! How can I help you today?", "What is my name?|Do you remember my name?|Who am I?|What's my name?|Tell me my name.|Can you tell me my name?", "Your name is {x}.", "I do not know your name yet.", lambda r: name(r)),
    ("My favorite color is {x}.|I like the color {x}.|I love the color {x}.|The color I like best is {x}.", "{X} is a nice color!", "What is my favorite color?|Which color do I like?|Do you remember my favorite color?|Tell me my favorite color.", "Your favorite color is {x}.", "I do not know your favorite color yet.", lambda r: (r.choice(F.COLORS), True)),
    ("I like {x}.|I love {x}.|My favorite food is {x}.|I like to eat {x}.|I eat {x} every day.", "I will remember that you like {x}.", "What do I like to eat?|What is my favorite food?|Do you remember what I like to eat?|Which food do I like?", "You like {x}.", "I do not know what you like yet.", lambda r: (r.choice(FOODS), True)),
    ("I live in {x}.|I am from {x}.|I come from {x}.|My home is in {x}.", "{X} is a nice place!", "Where do I live?|Where am I from?|Do you remember where I live?|Where is my home?", "You live in {x}.", "I do not know where you live yet.", lambda r: (r.choice(list(F.CAPITALS) + list(F.CAPITALS.values())), True)),
    ("I have {x}.|My pet is {x}.|I have a pet, it is {x}.|At home I have {x}.", "{X} is a nice pet!", "What pet do I have?|Which pet do I have?|Do you remember my pet?|What is my pet?", "You have {x}.", "I do not know your pet yet.", lambda r: (a(r.choice(PETS)), True)),
]


def memory(r, fillers=()):
    told = r.sample(MEMORY, r.choice([1, 1, 1, 2, 2, 3]))
    plain, turns, answers = True, [], []
    for tell, ack, q, full, _, draw in told:
        x, known = draw(r)
        plain &= known
        w = x.split()[-1]
        turns.append(Turn(ask(r, tell, x=x), ack.format(x=x, X=cap(x)), x, w))
        answers.append((ask(r, q), full.format(x=x), x, w))
    turns += fillers
    r.shuffle(answers)
    asked = answers[:r.choice([1, len(answers)])]
    turns += [Turn(*t) for t in asked]
    return Item("memory", "|".join(t.user for t in turns if t not in fillers), turns, plain=plain)


def memory_unknown(r):
    """Asked for something the user never said; the dialogue must not have said it before (see dialogues)."""
    m = r.choice(MEMORY)
    u = ask(r, m[2])
    return Item("memory_unknown", u, [Turn(u, m[4], "unknown", "unknown")])


def system_user(r):
    n, _ = name(r)
    system = ask(r, "The user's name is {n}.|The name of the user is {n}.|You are talking to {n}.|The user is called {n}.", n=n)
    u = ask(r, MEMORY[0][2])
    return Item("system_user", system + u, [Turn(u, f"Your name is {n}.", n, n)], system=system)


# ---- reading ------------------------------------------------------------------------------------------------------------

PLACES = "park garden kitchen school market forest library station beach barn shop castle".split()
THINGS = [c + " " + t for c in F.COLORS for t in "ball kite hat book cup bag box coat".split()]


def reading(r):
    """One to three short sentences about different people, then one to three questions about them."""
    n = r.choice([1, 2, 2, 2, 3])
    people, plain = [], True
    while len(people) < n + 1:
        p, known = name(r, 0.12)
        if p not in people:
            people.append(p)
            plain &= known
    stranger = people.pop()
    rel = r.choice(["has", "in", "went", "likes", "saw", "pet", "gave"])
    sents, qs = [], []
    objs = r.sample({"has": THINGS, "in": PLACES, "went": PLACES, "likes": FOODS, "saw": list(F.SOUND), "pet": PETS, "gave": THINGS}[rel], n)
    for p, o in zip(people, objs):
        if rel == "has":
            col, t = o.split()
            sents.append(f"{p} has a {o}.")
            qs += [(ask(r, "What does {p} have?|Tell me what {p} has.", p=p), f"{p} has {a(o)}.", a(o), t),
                   (ask(r, "Who has the {o}?|Who has {ao}?|Whose {t} is {c}?", o=o, ao=a(o), t=t, c=col), f"{p} has the {o}.", p, p),
                   (ask(r, "What color is the {t} of {p}?|Which color is {p}'s {t}?|What color is {p}'s {t}?", p=p, t=t), f"The {t} is {col}.", col, col)]
            sents[-1] = f"{p} has {a(o)}."
        elif rel == "in":
            sents.append(f"{p} is in the {o}.")
            qs += [(ask(r, "Where is {p}?|Where is {p} now?|Tell me where {p} is.", p=p), f"{p} is in the {o}.", f"in the {o}", o),
                   (ask(r, "Who is in the {o}?|Tell me who is in the {o}.", o=o), f"{p} is in the {o}.", p, p)]
        elif rel == "went":
            sents.append(f"{p} went to the {o}.")
            qs += [(ask(r, "Where did {p} go?|Tell me where {p} went.", p=p), f"{p} went to the {o}.", f"to the {o}", o),
                   (ask(r, "Who went to the {o}?", o=o), f"{p} went to the {o}.", p, p)]
        elif rel == "likes":
            sents.append(f"{p} likes {o}.")
            qs += [(ask(r, "What does {p} like?|Tell me what {p} likes.", p=p), f"{p} likes {o}.", o, o),
                   (ask(r, "Who likes {o}?", o=o), f"{p} likes {o}.", p, p)]
        elif rel == "saw":
            w = r.choice(PLACES)
            sents.append(f"{p} saw {a(o)} in the {w}.")
            qs += [(ask(r, "What did {p} see?|What did {p} see in the {w}?", p=p, w=w), f"{p} saw {a(o)}.", a(o), o),
                   (ask(r, "Who saw {o}?|Who saw the {x}?", o=a(o), x=o), f"{p} saw {a(o)}.", p, p),
                   (ask(r, "Where did {p} see {o}?|Where did {p} see the {x}?", p=p, o=a(o), x=o), f"{p} saw {a(o)} in the {w}.", f"in the {w}", w)]
        elif rel == "pet":
            m = r.choice(["Rex", "Luna", "Milo", "Bella", "Rocky", "Daisy", "Coco", made_up(r)])
            sents.append(ask(r, "{p} has {o} named {m}.|{p} has {o} called {m}.", p=p, o=a(o), m=m))
            qs += [(ask(r, "What is the name of {p}'s {o}?|What is the {o} of {p} called?|What is {p}'s {o} called?", p=p, o=o), f"The {o} is called {m}.", m, m),
                   (ask(r, "Which pet does {p} have?|What pet does {p} have?", p=p), f"{p} has {a(o)}.", a(o), o),
                   (ask(r, "Who has {o}?|Who has the {x}?", o=a(o), x=o), f"{p} has {a(o)}.", p, p)]
        else:
            w = r.choice([x for x in F.NAMES if x not in people and x != stranger])
            sents.append(f"{p} gave {a(o)} to {w}.")
            qs += [(ask(r, "What did {p} give to {w}?|What did {p} give {w}?", p=p, w=w), f"{p} gave {a(o)} to {w}.", a(o), o.split()[1]),
                   (ask(r, "Who gave {o} to {w}?|Who gave the {x} to {w}?", o=a(o), x=o, w=w), f"{p} gave {a(o)} to {w}.", p, p),
                   (ask(r, "Who got the {x}?|Who got the {x} from {p}?", x=o, p=p), f"{w} got the {o}.", w, w)]
    r.shuffle(sents)
    text = " ".join(sents)
    r.shuffle(qs)
    qs = qs[:r.choice([1, 1, 2, 3])]
    if r.random() < 0.08:
        q = {"has": "What does {p} have?", "in": "Where is {p}?", "went": "Where did {p} go?", "likes": "What does {p} like?", "saw": "What did {p} see?", "pet": "Which pet does {p} have?", "gave": "What did {p} give?"}[rel]
        qs[-1] = (q.format(p=stranger), "The text does not say that.", "unknown", "unknown")
    first = ask(r, "{t} {q}|{t} {q}|{t}\n{q}|Story: {t} Question: {q}|Read this: {t} {q}|{q} {t}|Text: {t}\nQuestion: {q}", t=text, q=qs[0][0])
    turns = [Turn(first, *qs[0][1:])]
    if r.random() < 0.15:
        turns = [Turn(r.choice(["Remember this: ", "Remember: ", "Listen: ", ""]) + text, "OK, I will remember that.", "OK", "OK"), Turn(*qs[0])]
    turns += [Turn(*q) for q in qs[1:]]
    return Item("reading", rel + "|" + text, turns, plain=plain)


# ---- stories ------------------------------------------------------------------------------------------------------------

def story(r):
    s = stories.tell(r, made_up)
    turns = [Turn(s.request, s.text, s.title, s.hero, exact=False)]
    qs = list(s.questions)
    r.shuffle(qs)
    turns += [Turn(*q) for q in qs[:r.choice([0, 0, 1, 2, 3])]]
    return Item("story", s.request + s.name + s.place, turns, styles=False, plain=s.plain, facts={"hero": s.hero, "name": s.asked_name})


# ---- what it cannot answer ----------------------------------------------------------------------------------------------

def unknown(r, templates=None):
    t = r.choice(templates or F.UNKNOWN_TRAIN)
    fill = {k: r.choice(v) for k, v in F.UNKNOWN_FILL.items()}
    fill.update(n=r.choice(F.NAMES), b=r.randint(13, 99), c=r.randint(13, 99), y=r.randint(1200, 2030), w=made_up(r))
    u = t.format(**fill)
    return Item("unknown", u, [Turn(u, "I am sorry, I do not know that.", "unknown", "unknown")])


def gibberish(r):
    u = " ".join("".join(r.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(r.randint(2, 7))) for _ in range(r.randint(1, 4)))
    u = r.choice([u, u, cap(u) + ".", u + "?", "???", "...", "!!!"])
    return Item("gibberish", u, [Turn(u, "I am sorry, I do not understand.", "unknown", "unknown")])


# Task and weight. Training begins with reading and stories (language and copying), then the short facts get more room, and in the end what is learned slowest.
MIX_FIRST = [(reading, 30), (story, 13), (memory, 10), (memory_unknown, 1.5), (word_list, 7), (name_some, 2.5), (greet, 2.5), (chat, 2.5), (identity, 4), (glossary, 5), (capital, 4), (color, 2.5),
             (opposite, 2.5), (kind, 3), (animal, 3), (calendar, 3), (general, 2.5), (number, 3), (system_user, 1.5), (unknown, 5.5), (gibberish, 0.5)]
MIX = [(reading, 18), (story, 5), (memory, 8), (memory_unknown, 1), (word_list, 8), (name_some, 2.5), (greet, 3), (chat, 4), (identity, 5), (glossary, 4), (capital, 8), (color, 5),
       (opposite, 6), (kind, 5), (animal, 6), (calendar, 5), (general, 4.5), (number, 6), (system_user, 1.5), (unknown, 5), (gibberish, 0.5)]
MIX_LAST = [(reading, 32), (story, 3), (memory, 5), (memory_unknown, 1), (word_list, 7), (name_some, 2), (greet, 2), (chat, 4), (identity, 4), (glossary, 3), (capital, 6), (color, 3),
            (opposite, 4), (kind, 7), (animal, 4), (calendar, 8), (general, 2), (number, 6), (system_user, 1.5), (unknown, 4), (gibberish, 0.3)]
