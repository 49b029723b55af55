"""Short stories from slots: a hero who loses, finds or wants something, and a friend who helps."""

from dataclasses import dataclass

import facts as F

ANIMALS = "cat dog rabbit fox bear mouse frog duck lion horse bird owl monkey pig wolf tiger".split()
PEOPLE = "boy girl king queen princess farmer baker sailor robot dragon wizard pirate".split()
ADJ = "little kind brave clever young happy".split()
THINGS = "ball kite hat book cup bag box coat key ring bell lamp".split()
PLACES = ["forest", "garden", "park", "farm", "castle", "river", "village", "house", "mountain", "beach"]
PET_NAMES = "Luna Milo Bella Rocky Coco Toby Molly Rex Daisy Oliver".split()
MALE = set(F.BOYS) | {"Milo", "Rocky", "Toby", "Rex", "Oliver"}


@dataclass
class Story:
    request: str
    text: str
    title: str
    hero: str
    name: str
    place: str
    asked_name: str
    plain: bool
    questions: list


def tell(r, made_up):
    person = r.random() < 0.35
    hero = r.choice(PEOPLE if person else ANIMALS)
    plain = True
    topic = r.random() < 0.12
    if topic and r.random() < 0.5:
        hero, plain = made_up(r).lower(), False
    boys, girls = F.BOYS + ["Milo", "Rocky", "Toby", "Rex", "Oliver"], F.GIRLS + ["Luna", "Bella", "Coco", "Molly", "Daisy"]
    pool = boys if hero in ("boy", "king", "farmer", "baker", "sailor", "wizard", "pirate") else girls if hero in ("girl", "queen", "princess") else boys + girls
    name = r.choice(pool)
    asked = ""
    place = r.choice(PLACES)
    asked_place = ""
    an = ("an " if hero[0] in "aeiou" else "a ") + hero
    k = r.random()
    if k < 0.5:
        req = r.choice(["Tell me a short story about {a}.", "Tell me a story about {a}.", "Write a story about {a}.", "Write a short story about {a}.", "Can you tell me a story about {a}?", "I want a story about {a}.", "Tell a story about {a}.", "Please tell me a story about {a}."]).format(a=an)
    elif k < 0.72:
        asked = name
        req = r.choice(["Tell me a short story about {a} named {n}.", "Tell me a story about {a} named {n}.", "Write a story about {a} called {n}.", "Write a short story about {a} named {n}."]).format(a=an, n=name)
    elif k < 0.84:
        asked_place = place
        req = r.choice(["Tell me a story about {a} in a {p}.", "Tell me a short story about {a} and a {p}.", "Write a story about {a} in a {p}."]).format(a=an, p=place)
    else:
        req = r.choice(["Tell me a story.", "Tell me a short story.", "Write a story.", "Can you tell me a story?", "A story, please.", "I want to hear a story.", "Tell me another story.", "Do you know a story?"])
        if hero not in ANIMALS + PEOPLE:
            hero, plain = "cat", True
            an = "a cat"
    he, his, him = ("He", "his", "him") if name in MALE else ("She", "her", "her")
    thing = r.choice(F.COLORS) + " " + r.choice(THINGS)
    athing = ("an " if thing[0] in "aeiou" else "a ") + thing
    friend = r.choice([x for x in ANIMALS if x != hero])
    afriend = ("an " if friend[0] in "aeiou" else "a ") + friend
    adj = r.choice(ADJ)
    friend_name = r.choice([x for x in F.NAMES + PET_NAMES if x != name])
    found = r.choice(["under a tree", "behind a rock", "near the water", "in the grass", "under a bridge", "behind a door"])
    start = r.choice([f"Once upon a time, there was a {adj} {hero} named {name}.", f"Once upon a time, a {adj} {hero} named {name} lived near a {place}.", f"There was once a {adj} {hero} named {name}."])
    if "lived" not in start:
        start += f" {name} lived near a {place}."
    qs = [("What was the name of the " + hero + "?", f"The {hero} was called {name}.", name, name),
          (f"Where did {name} live?", f"{name} lived near a {place}.", f"near a {place}", place),
          ("Who is the story about?", f"The story is about {name}, the {hero}.", name, name)]
    plot = r.randrange(4)
    if plot == 0:
        mid = (f"One day, {name} lost {his} {thing}. {he} looked everywhere, but {he.lower()} could not find it. Then {afriend} named {friend_name} came to help. "
               f"Together they found the {thing} {found}. {name} was very happy and said thank you.")
        qs += [(f"What did {name} lose?", f"{name} lost the {thing}.", "the " + thing, thing.split()[1]), ("Who helped?", f"{friend_name} the {friend} helped.", friend_name, friend_name),
               (f"Where did they find the {thing.split()[1]}?", f"They found it {found}.", found, found.split()[-1])]
        end = r.choice(["From that day on, they were good friends.", "After that, they played together every day."])
    elif plot == 1:
        mid = (f"One day, {name} met {afriend} named {friend_name}. The {friend} was sad because it was alone. {name} asked, \"Do you want to play with me?\" "
               f"They played all day with {athing}. The {friend} was not sad anymore.")
        qs += [(f"Who did {name} meet?", f"{name} met {friend_name} the {friend}.", friend_name, friend_name), (f"Why was the {friend} sad?", f"The {friend} was sad because it was alone.", "it was alone", "alone")]
        end = r.choice(["In the evening, they went home as friends.", "From that day on, they were good friends."])
    elif plot == 2:
        mid = (f"One day, it rained and {name} was cold. {he} saw a light {found} and walked to it. There {he.lower()} met {afriend} named {friend_name}. "
               f"{friend_name} gave {him} warm soup and {athing}.")
        qs += [(f"Who did {name} meet?", f"{name} met {friend_name} the {friend}.", friend_name, friend_name), (f"What did {friend_name} give?", f"{friend_name} gave soup and {athing}.", "soup and " + athing, "soup")]
        end = r.choice([f"{name} was warm and happy again.", "They talked all night and laughed a lot."])
    else:
        mid = (f"One day, {name} found {athing} {found}. It belonged to {afriend} named {friend_name}. {name} gave it back at once. "
               f"{friend_name} said, \"You have a good heart.\"")
        qs += [(f"What did {name} find?", f"{name} found {athing}.", athing, thing.split()[1]), (f"Who owned the {thing.split()[1]}?", f"It belonged to {friend_name} the {friend}.", friend_name, friend_name)]
        end = r.choice([f"{name} went home with a smile.", "From that day on, they were good friends."])
    return Story(req, f"{start} {mid} {end} The end.", f"{name} the {hero}", hero, name, place, asked, plain, qs)
