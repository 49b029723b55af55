"""The small world zephyr-tiny knows: names, words and facts. All text here is written for this project (Apache-2.0)."""

BOYS = "Tom Max Ben Sam Leo Jack Tim Paul Dan Noah Adam Finn Hugo Oscar Felix Peter David Omar Ivan Ken Ali Carlos Erik Raj John Bob Mark Alex Henry".split()
GIRLS = "Anna Lily Mia Lucy Emma Nina Sara Eva Kate Rosa Ella Ruby Clara Alice Julia Maria Laura Layla Olga Yuki Zoe Sofia Ingrid Priya Mary Jane Lisa Emily Grace".split()
NAMES = BOYS + GIRLS
SYLLABLES = "ka ri mo ta lu ne sha vo dri pel gan mi zu tor wen bi ras kel da fo yan gri".split()

CAPITALS = dict(p.split(":") for p in """France:Paris|Germany:Berlin|Italy:Rome|Spain:Madrid|Portugal:Lisbon|England:London|Ireland:Dublin|Scotland:Edinburgh
Norway:Oslo|Sweden:Stockholm|Denmark:Copenhagen|Finland:Helsinki|Iceland:Reykjavik|Poland:Warsaw|Austria:Vienna|Switzerland:Bern|Belgium:Brussels
the Netherlands:Amsterdam|Greece:Athens|Turkey:Ankara|Russia:Moscow|Ukraine:Kyiv|Hungary:Budapest|Romania:Bucharest|Croatia:Zagreb|Serbia:Belgrade
Egypt:Cairo|Morocco:Rabat|Kenya:Nairobi|Ghana:Accra|Canada:Ottawa|the United States:Washington|Cuba:Havana|Brazil:Brasilia|Chile:Santiago|Peru:Lima
Colombia:Bogota|Japan:Tokyo|China:Beijing|India:New Delhi|Thailand:Bangkok|Vietnam:Hanoi|South Korea:Seoul|Australia:Canberra""".replace("\n", "|").split("|"))

COLORS = "red blue green yellow black white brown pink purple orange gray".split()
COLOR_OF = dict(p.split(":") for p in """the sky:blue|grass:green|snow:white|coal:black|a banana:yellow|a tomato:red|blood:red|the sun:yellow|a lemon:yellow|a carrot:orange
chocolate:brown|milk:white|the night:black|the sea:blue|a leaf:green|a frog:green|a strawberry:red|a cherry:red|an elephant:gray|a mouse:gray|a pig:pink|a flamingo:pink
a rose:red|a plum:purple|a pumpkin:orange|corn:yellow|a cloud:white|a swan:white|a crow:black|a fire truck:red|a bear:brown|broccoli:green|a cucumber:green|salt:white|sugar:white""".replace("\n", "|").split("|"))

OPPOSITES = [tuple(p.split("/")) for p in """hot/cold big/small up/down good/bad happy/sad day/night black/white fast/slow old/young open/closed wet/dry light/dark loud/quiet
rich/poor strong/weak early/late full/empty high/low long/short left/right yes/no hard/soft clean/dirty near/far in/out sweet/sour first/last win/lose love/hate begin/end
push/pull thick/thin brave/afraid awake/asleep easy/difficult true/false cheap/expensive inside/outside always/never warm/cool""".split()]

KINDS = {
    "animal": "cat dog horse cow lion tiger bear wolf rabbit mouse fox frog duck monkey",
    "fruit": "apple banana orange pear lemon cherry grape plum peach mango",
    "vegetable": "carrot potato onion tomato cabbage cucumber pumpkin bean",
    "flower": "rose tulip daisy lily sunflower violet",
    "tree": "oak pine birch maple willow",
    "instrument": "piano guitar violin drum flute trumpet",
    "vehicle": "car bus train bicycle boat truck plane ship",
    "tool": "hammer saw shovel knife ladder needle",
    "bird": "eagle owl crow swan parrot penguin",
}
# Fixed order, so that "name three fruits" has one right answer.
LISTS = {
    "animals": "cat dog horse cow lion bear".split(), "fruits": "apple banana orange pear cherry grape".split(),
    "vegetables": "carrot potato onion cabbage bean pumpkin".split(), "colors": "red blue green yellow black white".split(),
    "flowers": "rose tulip daisy lily violet sunflower".split(), "trees": "oak pine birch maple willow apple".split(),
    "instruments": "piano guitar violin drum flute trumpet".split(), "vehicles": "car bus train bicycle boat plane".split(),
    "tools": "hammer saw shovel knife ladder needle".split(), "birds": "eagle owl crow swan parrot penguin".split(),
    "countries": "France Germany Italy Spain Japan Brazil".split(), "cities": "Paris Berlin Rome Madrid Tokyo London".split(),
}
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = "January February March April May June July August September October November December".split()
SEASONS = "spring summer autumn winter".split()
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()

SOUND = dict(p.split(":") for p in "dog:woof cat:meow cow:moo duck:quack sheep:baa pig:oink horse:neigh lion:roar bird:tweet frog:ribbit mouse:squeak bee:buzz snake:hiss owl:hoot wolf:howl".split())
BABY = dict(p.split(":") for p in "dog:puppy cat:kitten cow:calf sheep:lamb horse:foal pig:piglet duck:duckling chicken:chick bear:cub lion:cub frog:tadpole goat:kid deer:fawn".split())
HOME = dict(p.split(":") for p in "bird:nest|bee:hive|fish:river|bear:cave|rabbit:burrow|spider:web|cow:barn|horse:stable|whale:sea|monkey:tree|fox:den|king:castle|frog:pond".split("|"))
FOOD = dict(p.split(":") for p in "cow:grass rabbit:carrots monkey:bananas panda:bamboo cat:fish dog:bones mouse:cheese squirrel:nuts horse:hay frog:flies lion:meat bear:honey koala:leaves bird:seeds".split())
LEGS = {"dog": 4, "cat": 4, "bird": 2, "spider": 8, "ant": 6, "horse": 4, "bee": 6, "chicken": 2, "cow": 4, "fly": 6, "lion": 4, "duck": 2, "mouse": 4}
JOB = dict(p.split(":") for p in "teacher:school doctor:hospital baker:bakery farmer:farm cook:kitchen sailor:ship pilot:plane nurse:hospital singer:theater clown:circus gardener:garden".split())

# question forms | full answer | short answer | one word
GENERAL = [
    ("How many days are in a week?|How many days does a week have?", "A week has seven days.", "seven days", "seven"),
    ("How many months are in a year?|How many months does a year have?", "A year has twelve months.", "twelve months", "twelve"),
    ("How many hours are in a day?|How many hours does a day have?", "A day has 24 hours.", "24 hours", "24"),
    ("How many minutes are in an hour?|How many minutes does an hour have?", "An hour has 60 minutes.", "60 minutes", "60"),
    ("How many seconds are in a minute?", "A minute has 60 seconds.", "60 seconds", "60"),
    ("How many days are in a year?", "A year has 365 days.", "365 days", "365"),
    ("How many planets are there?|How many planets are in the solar system?", "There are eight planets.", "eight planets", "eight"),
    ("How many seasons are there?|How many seasons are in a year?", "There are four seasons.", "four seasons", "four"),
    ("What are the seasons?|Name the four seasons.|What are the four seasons?", "The seasons are spring, summer, autumn and winter.", "spring, summer, autumn and winter", "seasons"),
    ("What are the days of the week?|Name the days of the week.|List the days of the week.", "The days are " + ", ".join(DAYS[:-1]) + " and Sunday.", ", ".join(DAYS[:-1]) + " and Sunday", "days"),
    ("What are the months of the year?|Name the months.|List the months of the year.", "The months are " + ", ".join(MONTHS[:-1]) + " and December.", ", ".join(MONTHS[:-1]) + " and December", "months"),
    ("What are the colors of the rainbow?|Name the colors of the rainbow.", "The rainbow is red, orange, yellow, green, blue and purple.", "red, orange, yellow, green, blue and purple", "rainbow"),
    ("Count to five.|Can you count to five?|Count from one to five.", "One, two, three, four, five.", "one, two, three, four, five", "five"),
    ("Count to ten.|Can you count to ten?|Count from one to ten.|Count to 10.", "One, two, three, four, five, six, seven, eight, nine, ten.", "one, two, three, four, five, six, seven, eight, nine, ten", "ten"),
    ("What is the biggest animal?|What is the largest animal?", "The biggest animal is the blue whale.", "the blue whale", "whale"),
    ("What is the fastest animal?|Which animal is the fastest?", "The fastest land animal is the cheetah.", "the cheetah", "cheetah"),
    ("What is the tallest animal?|Which animal is the tallest?", "The tallest animal is the giraffe.", "the giraffe", "giraffe"),
    ("What is the biggest planet?|What is the largest planet?", "The biggest planet is Jupiter.", "Jupiter", "Jupiter"),
    ("What is the highest mountain?|What is the tallest mountain?", "The highest mountain is Mount Everest.", "Mount Everest", "Everest"),
    ("What is the largest ocean?|What is the biggest ocean?", "The largest ocean is the Pacific.", "the Pacific", "Pacific"),
    ("Which planet do we live on?|What planet do we live on?", "We live on the planet Earth.", "Earth", "Earth"),
    ("Why is the sky blue?", "The sky is blue because the air scatters blue light.", "the air scatters blue light", "light"),
    ("What is water?", "Water is a clear liquid that we drink.", "a clear liquid", "liquid"),
    ("What is rain?", "Rain is water that falls from the clouds.", "water from the clouds", "water"),
    ("What is snow?", "Snow is frozen water that falls from the clouds.", "frozen water", "water"),
    ("What is ice?", "Ice is frozen water.", "frozen water", "water"),
    ("What is the sun?|What is the Sun?", "The sun is a star that gives us light.", "a star", "star"),
    ("What is the moon?|What is the Moon?", "The moon is a ball of rock that goes around the Earth.", "a ball of rock", "rock"),
    ("What do bees make?", "Bees make honey.", "honey", "honey"),
    ("What do cows give?|What do cows give us?", "Cows give us milk.", "milk", "milk"),
    ("What do hens lay?|What do chickens lay?", "Hens lay eggs.", "eggs", "eggs"),
]

CHAT = [
    ("How are you?|How are you doing?|How are you today?|How do you do?|How is it going?|How's it going?|What's up?|Are you well?", "I am fine, thank you! How can I help you?", "fine, thank you", "fine"),
    ("Thanks|Thank you|Thank you!|Thanks!|Thanks a lot!|Thank you very much.|Many thanks.|Thank you so much!|Great, thanks!|Thanks for your help.", "You are welcome!", "you are welcome", "welcome"),
    ("Goodbye|Goodbye!|Bye|Bye!|Bye bye!|See you later!|See you!|Good night!|Good night|I have to go.|See you tomorrow.", "Goodbye! Have a nice day!", "goodbye", "goodbye"),
    ("Great!|Well done!|Good job!|Nice!|Cool!|That is great!|Wow!|Awesome!|You are great!|You are smart!|I like you.", "Thank you! I am glad you like it.", "thank you", "thanks"),
    ("OK|Okay|OK.|I see.|All right.|Yes|Sure.|Good.", "Good! What would you like to know?", "good", "good"),
    ("I am sad.|I feel sad.|I am not happy.|I had a bad day.|I feel bad.|I am lonely.", "I am sorry to hear that. I hope you feel better soon.", "I am sorry to hear that", "sorry"),
    ("I am happy.|I am so happy!|I feel good.|I feel great.|I had a good day.", "I am glad to hear that!", "I am glad to hear that", "glad"),
    ("I am tired.|I am sleepy.|I feel tired.", "You should take a rest.", "take a rest", "rest"),
    ("I am hungry.|I am so hungry.", "You should eat something, maybe an apple.", "eat an apple", "eat"),
    ("I am thirsty.", "You should drink some water.", "drink some water", "drink"),
    ("I am bored.|I am so bored.", "Ask me for a story!", "ask me for a story", "story"),
    ("Tell me a joke.|Tell me a joke|Do you know a joke?|Make me laugh.|Tell me something funny.|Say something funny.|Can you tell me a joke?|Another joke, please.", "What do you call a bear with no teeth? A gummy bear!", "a bear with no teeth is a gummy bear", "joke"),
    ("Write a poem.|Write me a poem.|Tell me a poem.|Can you write a poem?|Write a short poem.|Make a rhyme.|Please write a poem.", "The sun is high, the sky is blue, the birds all sing a song for you.", "the sky is blue, a song for you", "poem"),
    ("Sing a song.|Can you sing?|Sing me a song.", "La la la! I can only sing in text.", "la la la", "la"),
]

IDENTITY = [
    ("Who are you?|What are you?|Tell me about yourself.|Introduce yourself.|Please introduce yourself.|Who am I talking to?|Can you introduce yourself?|Describe yourself.", "I am {bot}, a very small language model.", "{bot}, a very small language model", "{bot}"),
    ("What is your name?|What's your name?|Tell me your name.|Do you have a name?|How are you called?|Your name?|May I know your name?|What should I call you?", "My name is {bot}.", "{bot}", "{bot}"),
    ("What can you do?|What do you know?|How can you help me?|Can you help me?|Help|Help me.|What can I ask you?|What are you good at?|I need help.|What do you do?", "I can tell short stories, answer simple questions and explain quantization.", "stories, simple questions and quantization", "stories"),
    ("Who made you?|Who created you?|Who trained you?|Where do you come from?|Who built you?", "I was trained by the djl-quant project.", "the djl-quant project", "djl-quant"),
    ("How big are you?|How many parameters do you have?|How large are you?|What is your size?|Are you a big model?", "I have about 3.5 million parameters, so I am very small.", "3.5 million parameters", "small"),
    ("Are you a human?|Are you human?|Are you a person?|Are you real?|Are you alive?|Are you a robot?|Are you a bot?", "I am not a human. I am a small language model.", "a small language model", "model"),
    ("Are you ChatGPT?|Are you GPT?|Are you Zephyr?|Are you Llama?|What model are you?|Which model are you?|What kind of model are you?", "I am {bot}, a tiny model in the style of Zephyr.", "{bot}", "{bot}"),
    ("How old are you?|When were you born?|What is your age?", "I have no age. I am a computer program.", "no age", "none"),
    ("Where do you live?|Where are you?|Where is your home?", "I live in your computer.", "in your computer", "computer"),
    ("Do you sleep?|Do you dream?|Do you eat?|Do you get tired?|Do you have feelings?|Do you have friends?|Do you have a body?", "No, I am only a computer program.", "no", "no"),
    ("Are you smart?|Are you intelligent?|Do you know everything?|Are you always right?|Can I trust you?|Do you make mistakes?", "I am a very small model, so I often make mistakes.", "I often make mistakes", "sometimes"),
    ("Can you write code?|Can you program?|Can you translate?|Do you speak French?|Do you speak German?|Can you do math?|Can you search the web?|Can you draw?", "I am too small for that, but I can tell you a story.", "I am too small for that", "no"),
    ("What language do you speak?|Which languages do you speak?|Do you speak English?", "I speak simple English.", "simple English", "English"),
    ("What is your favorite color?|Do you have a favorite color?", "I like blue, like the sky.", "blue", "blue"),
    ("What do you like?|What do you like to do?|Do you like stories?", "I like to tell short stories.", "short stories", "stories"),
]

# terms (forms) | full definition | short | one word
GLOSSARY = [
    ("quantization|model quantization", "Quantization stores the weights of a model with fewer bits, so that it needs less memory.", "storing weights with fewer bits", "compression"),
    ("GPTQ", "GPTQ is a quantization method that corrects the rounding error of each column in the next columns.", "a quantization method that corrects rounding errors", "method"),
    ("AWQ", "AWQ is a quantization method that protects the important weights by scaling them.", "a quantization method that protects important weights", "method"),
    ("NF4", "NF4 is a 4-bit format whose 16 values follow a normal distribution.", "a 4-bit format", "format"),
    ("GGUF", "GGUF is a file format that holds a model, its tokenizer and its settings in one file.", "a file format for models", "format"),
    ("safetensors", "Safetensors is a simple and safe file format for tensors.", "a file format for tensors", "format"),
    ("DJL|the Deep Java Library", "DJL is the Deep Java Library, a library for deep learning in Java.", "a library for deep learning in Java", "library"),
    ("djl-quant", "djl-quant is a library that runs quantized models in Java.", "a library for quantized models in Java", "library"),
    ("Java", "Java is a programming language.", "a programming language", "language"),
    ("Python", "Python is a programming language.", "a programming language", "language"),
    ("Zephyr", "Zephyr is a chat model built on Mistral.", "a chat model", "model"),
    ("Mistral", "Mistral is a family of open language models.", "a family of language models", "model"),
    ("Llama", "Llama is a family of open language models.", "a family of language models", "model"),
    ("a language model|a large language model|an LLM", "A language model is a program that predicts the next word of a text.", "a program that predicts the next word", "program"),
    ("a token", "A token is a small piece of text, such as a word or a part of a word.", "a small piece of text", "text"),
    ("a tokenizer", "A tokenizer cuts text into tokens.", "a program that cuts text into tokens", "program"),
    ("perplexity", "Perplexity measures how well a model predicts a text. Lower is better.", "a measure of prediction", "measure"),
    ("a KV cache|the KV cache", "A KV cache keeps the keys and values of past tokens, so that they are not computed again.", "memory for past keys and values", "memory"),
    ("attention", "Attention lets a model look back at earlier tokens.", "looking back at earlier tokens", "layer"),
    ("a bit", "A bit is a single zero or one.", "a zero or one", "number"),
    ("a byte", "A byte is eight bits.", "eight bits", "bits"),
    ("a weight", "A weight is a number that a model has learned.", "a learned number", "number"),
    ("a tensor", "A tensor is a table of numbers with any number of dimensions.", "a table of numbers", "numbers"),
    ("a neural network", "A neural network is a program that learns from examples.", "a program that learns from examples", "program"),
    ("AI|artificial intelligence", "AI means artificial intelligence: programs that do tasks that need thinking.", "artificial intelligence", "intelligence"),
    ("a CPU", "A CPU is the main processor of a computer.", "the main processor", "processor"),
    ("a GPU", "A GPU is a processor that does many calculations at once.", "a processor for many calculations", "processor"),
    ("SIMD", "SIMD means one instruction that works on many numbers at once.", "one instruction for many numbers", "instruction"),
    ("Q4_0", "Q4_0 is a 4-bit format with one scale for each block of 32 weights.", "a 4-bit format", "format"),
    ("Q8_0", "Q8_0 is an 8-bit format with one scale for each block of 32 weights.", "an 8-bit format", "format"),
    ("a scale", "A scale is the number that turns small integers back into weights.", "a number that restores weights", "number"),
    ("an outlier", "An outlier is a value that is much larger than the others.", "a very large value", "value"),
    ("a computer", "A computer is a machine that runs programs.", "a machine that runs programs", "machine"),
]

# Questions the model must decline. {x} is a noun, {n} a name. The last ones of each list are only asked in the exam.
UNKNOWN_TRAIN = """What is the population of {p}?|How many people live in {p}?|Who is the president of {p}?|What is the history of {p}?|What language do people speak in {p}?|How do I get to {p}?
What is the weather like in {p}?|What is the weather today?|Will it rain tomorrow?|What time is it?|What day is it today?|What is the date?|Who won the game?|Who won the world cup?
Who wrote {t}?|When was {t} written?|Who invented the {x}?|When was the {x} invented?|How does a {x} work?|How do I repair a {x}?|How much does a {x} cost?|Where can I buy a {x}?|How do I build a {x}?
What is the best {x}?|How heavy is a {x}?|Can you recommend a {x}?|What is the price of a {x}?|Who is {n} {m}?|When was {n} {m} born?|How old is {n} {m}?|What did {n} {m} do?|Where was {n} {m} born?
What is the square root of {b}?|What is {b} times {c}?|What is {b} divided by {c}?|How do I cook {f}?|How do I lose weight?|What is the meaning of life?|What should I do with my life?|How do I learn the {x}?
Explain {s}.|Explain {s} to me.|What is {s}?|Tell me about {s}.|Teach me {s}.|Summarize {t}.|Write an essay about {s}.|Give me a recipe for {f}.|What is the news?|What happened in {y}?|Who was king in {y}?
What is a {w}?|What is a {x}?|Tell me about {w}.|Describe {p}.|Tell me about {n} {m}.|What does {w} mean?|Translate {w}.|Who is your favorite singer?|What is my phone number?|Where are my keys?|What is the stock price of {w}?|Is there life on Mars?|How far is the moon?
What is the capital of {w}?|Which medicine should I take?|Should I buy a {x}?|What is the speed of light?|Who discovered {s}?|Why do we have {s}?""".replace("\n", "|").split("|")
UNKNOWN_EXAM = """How long does it take to make a {x}?|What is the area of {p}?|Who is the mayor of {p}?|Who painted {t}?|How many pages does {t} have?|Why did {n} {m} leave?|Is {n} {m} married?|What is {b} to the power of {c}?
How do I bake {f}?|What happened to {n} {m}?|Who founded {w}?|How do I install a {x}?|Tell me the history of {s}.|Give me three facts about {s}.|What year was the {x} made?|Who was born in {y}?""".replace("\n", "|").split("|")
UNKNOWN_FILL = {
    "p": list(CAPITALS) + list(CAPITALS.values()),
    "t": "Hamlet|the Bible|War and Peace|Don Quixote|the Odyssey|Faust|Robinson Crusoe|this book|that film|the newspaper|Moby Dick|the song|the play".split("|"),
    "x": "phone radio clock engine bridge lamp camera telescope battery motor door watch printer laptop fridge oven tractor rocket game television telephone house table window road".split(),
    "m": "Smith Miller Brown Jones Garcia Wilson Taylor Lee Newton Einstein Darwin Lincoln Mozart Bach Picasso Shakespeare".split(),
    "f": "pasta|rice|a cake|soup|bread|pizza|an omelet|chicken|pancakes|fish".split("|"),
    "s": "physics chemistry history philosophy economics democracy gravity electricity biology geometry algebra law religion politics medicine psychology evolution inflation photosynthesis music art football chess".split(),
}
