"""Renders chat templates and snippets with transformers' own template compiler and records what comes out.

    python chat.py --llama-cpp models/templates --builtin ../../djl-quant-translators/src/main/resources/org/djlquant/chat \
        --out ../../djl-quant-translators/src/test/resources/golden/chat/chat.json.gz

The folder of --llama-cpp is vendor/llama.cpp/models/templates of the source package llama-cpp-python 0.3.36.
"""

import argparse
import copy
import datetime
import gzip
import json
import pathlib

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

import chat_cases

NOW = datetime.datetime(2024, 3, 5, 14, 7, 9)


def kind(error):
    """The kind of error that ChatTemplateException.Kind names."""
    for classes, name in (
            ((jinja2.exceptions.TemplateSyntaxError, SyntaxError), "SYNTAX"),
            (jinja2.exceptions.UndefinedError, "UNDEFINED"),
            (jinja2.exceptions.SecurityError, "SECURITY"),
            (jinja2.exceptions.TemplateRuntimeError, "RUNTIME"),
            (jinja2.exceptions.TemplateError, "RAISED"),
            (RecursionError, "LIMIT"),
            ((ArithmeticError,), "ARITHMETIC"),
            ((LookupError,), "LOOKUP"),
            ((ValueError,), "VALUE"),
            ((TypeError, AttributeError), "TYPE"),
            ((AssertionError, RuntimeError), "RUNTIME")):
        if isinstance(error, classes):
            return name
    raise error


def render(source, variables):
    # A copy, because the indent filter changes a list that it is given, sandbox or not.
    try:
        template = _compile_jinja_template(source)
        template.globals["strftime_now"] = lambda format: NOW.strftime(format)
        return {"out": template.render(**{"tools": None, "documents": None, **copy.deepcopy(variables)})}
    except Exception as error:
        return {"error": kind(error), "message": str(error)[:200]}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--llama-cpp", type=pathlib.Path, required=True)
    arguments.add_argument("--builtin", type=pathlib.Path, required=True)
    arguments.add_argument("--out", type=pathlib.Path, required=True)
    arguments = arguments.parse_args()

    conversations = chat_cases.conversations()
    templates = []
    for folder in (arguments.builtin, arguments.llama_cpp):
        for path in sorted(folder.glob("*.jinja")):
            source = path.read_text(encoding="utf-8")
            templates.append({"name": path.stem, "source": source,
                              "cases": {name: render(source, values) for name, values in conversations.items()}})
    snippets = []
    for source in dict.fromkeys(chat_cases.snippets()):
        result = render(source, chat_cases.VARIABLES)
        # Addresses of objects differ between runs.
        if " at 0x" not in result.get("out", ""):
            snippets.append({"source": source, **result})

    golden = {"clock": NOW.isoformat(), "conversations": conversations, "templates": templates,
              "variables": chat_cases.VARIABLES, "snippets": snippets}
    text = json.dumps(golden, ensure_ascii=False, separators=(",", ":"))
    with open(arguments.out, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.encode("utf-8", "surrogatepass"))
    cases = [case for template in templates for case in template["cases"].values()]
    print(len(templates), "templates,", len(cases), "cases of which", sum("error" in case for case in cases), "errors;",
          len(snippets), "snippets of which", sum("error" in snippet for snippet in snippets), "errors;",
          arguments.out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
