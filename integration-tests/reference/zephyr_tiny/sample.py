"""Answers to a few requests a stranger would type, to look at."""

import sys

import torch

import export
import generate
import vocab

PROMPTS = """Hello|Hi!|Who are you?|What can you do?|How are you?|Thanks|what is quantization|What is GPTQ?|What is NF4?|What is GGUF?|What is DJL?|Tell me a short story about a cat.|Tell me a story about a dragon named Oscar.
tell me a story|What is the capital of France?|capital of japan|what color is the sky|What is the opposite of hot?|Which day comes after Monday?|What does a cow say?|Name three animals.|what is 2 + 3|Who wrote Hamlet?
What is the population of France?|Tell me a joke.|Can you write a poem about the sea?|How do I cook rice?|Mary has a red ball. John has a blue kite. What does John have?|Tom is in the garden. Who is in the garden?|Hi, my name is Siddharth.
I am hungry|Explain quantum physics|why is the sky blue|is a cat an animal?|What is the meaning of life?|good morning|What is the capital of Atlantis?|say hello world|What is a cat?|Do you like cats?""".replace("\n", "|").split("|")
SYSTEMS = ["You are a friendly chatbot who always responds in the style of a pirate.", "Answer in one word.", "Answer in JSON.", "Be brief.", "You are Max, a friendly robot."]

if __name__ == "__main__":
    torch.set_num_threads(1)
    sd = export.weights(sys.argv[1], sys.argv[3] if len(sys.argv) > 3 else "ema")
    tok = vocab.load(sys.argv[2])
    chats = [[{"role": "user", "content": p}] for p in PROMPTS]
    chats += [[{"role": "system", "content": s}, {"role": "user", "content": p}] for s in SYSTEMS for p in ("Hello", "What is the capital of Italy?", "Anna likes apples. Tom likes rice. What does Tom like?", "Who are you?")]
    m = generate.load(sd)
    for c, (t, stop) in zip(chats, generate.greedy(m, tok, [generate.prompt_ids(tok, c) for c in chats])):
        print(" / ".join(x["content"] for x in c), "->", t, "" if stop else "[did not stop]")
