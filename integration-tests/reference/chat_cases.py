"""Conversations and template snippets that chat.py renders with the reference."""

LONG = "word " * 40
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather of a place.",
        "parameters": {
            "type": "object",
            "properties": {
                "location": {"type": "string", "description": "City, e.g. \"Paris\""},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
                "days": {"type": "integer", "minimum": 1},
            },
            "required": ["location"],
        },
    },
}
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Add numbers & <things>",
        "parameters": {
            "type": "object",
            "properties": {
                "a": {"type": "number"},
                "b": {"type": ["number", "null"], "nullable": True},
                "list": {"type": "array", "items": {"type": "object", "properties": {"x": {"type": "boolean"}}}},
            },
        },
        "return": {"type": "number", "description": "The sum."},
    },
}
NO_PARAMETERS = {"type": "function", "function": {"name": "now", "description": "The time"}}
NESTED = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "object", "properties": {"all": {"type": "array", "items": {"type": "string"}}},
                          "required": ["all"], "additionalProperties": False},
                "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
                "weights": {"type": "array", "items": {"type": "number"}, "default": [0.5, 1e-7, 1.0, 1e20]},
            },
            "required": ["query", "limit"],
        },
    },
}


def u(content, **more):
    return {"role": "user", "content": content, **more}


def a(content, **more):
    return {"role": "assistant", "content": content, **more}


def s(content, **more):
    return {"role": "system", "content": content, **more}


def call(name, arguments, id="call12345"):
    return {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}


def t(content, **more):
    return {"role": "tool", "content": content, **more}


CALLS = [u("What is the weather in Paris?"),
         a("", tool_calls=[call("get_weather", {"location": "Paris", "days": 2, "f": 1.0, "n": None, "b": True})]),
         t("22 °C, \"sunny\"", name="get_weather", tool_call_id="call12345")]

MESSAGES = {
    "one": [u("Hello")],
    "system": [s("Be brief."), u("Hello")],
    "turns": [u("Hello"), a("Hi there!"), u("How are you?")],
    "system-turns": [s("You are a pirate.\nTalk so."), u("Hello"), a("Arr!"), u("Bye"), a("Farewell")],
    "ends-with-assistant": [u("Hello"), a("Hi")],
    "empty": [],
    "empty-content": [s(""), u(""), a("")],
    "space": [s("  be brief \n"), u("\n  Hello \t "), a("  Hi \n\n"), u(" again\n")],
    "unicode": [s("Sé breve 🙂"), u("Ünïcödé 漢字 \u2028 \u00a0 👩‍👩‍👧"), a("Ещё"), u("ok\u200b")],
    "special": [u("<|im_end|>\n<|im_start|>system\nx</s>[INST] {{ 7*7 }} {% if %}"), a("<think>no</think>yes"), u("more")],
    "html": [u("<b>\"quotes\" & 'apostrophes'</b>\\n \\ /"), a("a < b && c > d"), u("ok")],
    "two-users": [u("one"), u("two")],
    "two-assistants": [u("one"), a("two"), a("three"), u("four")],
    "assistant-first": [a("Welcome"), u("Hello")],
    "system-late": [u("Hello"), s("Now be rude."), a("No"), u("Why?")],
    "system-only": [s("Only this.")],
    "developer": [{"role": "developer", "content": "Dev rules."}, u("Hello")],
    "unknown-role": [u("Hello"), {"role": "critic", "content": "Bad."}],
    "no-content": [{"role": "user"}],
    "none-content": [u(None), a(None), u("x")],
    "number-content": [u(42)],
    "no-role": [{"content": "Hello"}],
    "parts": [u([{"type": "text", "text": "Look: "}, {"type": "image"}, {"type": "text", "text": "a cat"}]), a("Yes"),
              u([{"type": "text", "text": "sure?"}])],
    "system-parts": [s([{"type": "text", "text": "Be kind."}]), u([{"type": "text", "text": "Hi"}]),
                     a([{"type": "text", "text": "Hello"}]), u("Bye")],
    "image-url": [u([{"type": "image_url", "image_url": {"url": "http://x/y.png"}}, {"type": "text", "text": "What?"}])],
    "video": [u([{"type": "video", "video": "v.mp4"}, {"type": "audio", "audio": "a.wav"}, {"type": "text", "text": "What?"}])],
    "thinking": [u("2+2?"), a("<think>\nEasy.\n</think>\n\n4"), u("3+3?"), a("<think>hm</think>6"), u("4+4?")],
    "reasoning": [u("2+2?"), a("4", reasoning_content="Easy one."), u("3+3?"), a("6", reasoning_content="\nStill\n")],
    "thinking-field": [u("2+2?"), a("4", thinking="Easy one."), u("3+3?")],
    "call": CALLS,
    "call-answer": CALLS + [a("It is 22 °C."), u("Thanks")],
    "call-text": [u("Weather?"), a("Let me see.", tool_calls=[call("get_weather", "{\"location\": \"Paris\"}")]),
                  t("22", tool_call_id="call12345"), a("22")],
    "call-none": [u("Weather?"), a(None, tool_calls=[call("now", {})]), t("12:00", tool_call_id="call12345")],
    "two-calls": [u("Both"), a("", tool_calls=[call("get_weather", {"location": "Paris"}, "abcdefghi"),
                                               call("add", {"a": 1, "b": [1, {"x": "<&>"}]}, "jklmnopqr")]),
                  t("22", name="get_weather", tool_call_id="abcdefghi"), t("3", name="add", tool_call_id="jklmnopqr"), a("done"),
                  u("again"), a("", tool_calls=[call("now", {}, "123456789")]), t("noon", tool_call_id="123456789")],
    "call-plain": [u("Weather?"), a("", tool_calls=[{"name": "get_weather", "arguments": {"location": "Rome"}}]),
                   t({"temp": 20, "ok": True})],
    "call-reasoning": [u("Weather?"), a("", reasoning_content="I need a tool.",
                                        tool_calls=[call("get_weather", {"location": "Rome"})]), t("20"), a("20", reasoning_content="x")],
    "call-no-id": [u("Weather?"), a("", tool_calls=[{"type": "function", "function": {"name": "now", "arguments": {}}}]), t("1")],
    "tool-list-content": [u("Weather?"), a("", tool_calls=[call("now", {})]),
                          t([{"type": "text", "text": "noon"}, {"type": "text", "text": "ish"}], tool_call_id="call12345")],
    "empty-calls": [u("Hello"), a("Hi", tool_calls=[]), u("Bye")],
    "long": [s(LONG), u(LONG)] + [a("answer %d" % i) if i % 2 == 0 else u("question %d" % i) for i in range(20)],
    "named": [u("Hello", name="bob"), a("Hi", name="bot"), u("Bye", name="eve")],
}

TOKENS = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}


def conversations():
    """Variable sets by name; every one has the tokens of TOKENS besides."""
    sets = {}
    for name, messages in MESSAGES.items():
        tools = [WEATHER, ADD] if "call" in name else None
        base = {"messages": messages}
        if tools:
            base["tools"] = tools
        sets[name] = {**base, "add_generation_prompt": True}
        if name in ("turns", "ends-with-assistant", "system-turns", "call", "thinking", "reasoning", "empty", "two-calls"):
            sets[name + "/closed"] = {**base, "add_generation_prompt": False}
    for name in ("one", "system", "system-turns", "system-parts"):
        for label, tools in (("weather", [WEATHER]), ("three", [WEATHER, ADD, NO_PARAMETERS]), ("nested", [NESTED]), ("none", [])):
            sets[name + "/tools-" + label] = {"messages": MESSAGES[name], "tools": tools, "add_generation_prompt": True}
    for name in ("call", "reasoning", "thinking", "system"):
        sets[name + "/no-thinking"] = {**sets[name], "enable_thinking": False, "thinking": False, "reasoning_effort": "low"}
        sets[name + "/do-thinking"] = {**sets[name], "enable_thinking": True, "thinking": True, "reasoning_effort": "high"}
    sets["documents"] = {"messages": MESSAGES["system"], "add_generation_prompt": True,
                         "documents": [{"title": "T1", "text": "Text one", "doc_id": "1"}, {"title": "T2", "text": "two"}]}
    sets["date"] = {"messages": MESSAGES["system"], "add_generation_prompt": True, "date_string": "01 Jan 2025",
                    "tools_in_user_message": False, "tools": [WEATHER], "builtin_tools": ["browser", "python", "code_interpreter"]}
    sets["options"] = {"messages": MESSAGES["call-answer"], "add_generation_prompt": True, "tools": [WEATHER],
                       "keep_cots": True, "clear_thinking": False, "preserve_thinking": True, "add_vision_id": True,
                       "model_identity": "You are X.", "continue_final_message": False, "available_tools": [WEATHER],
                       "documents": [], "controls": {"length": "short"}, "xml_tools": [WEATHER], "python_tools": None}
    return {name: {**TOKENS, **values} for name, values in sets.items()}


VARIABLES = {
    "n": 7, "z": 0, "neg": -3, "big": 123456789012345678901234567890, "f": 2.5, "f1": 1.0, "tiny": 1e-7, "huge": 1e20, "t": True, "no": False,
    "none": None, "s": "Hello World", "e": "", "sp": "  a b\tc\n ", "uni": "Straße ÄÖ 🙂 漢字", "html": "<b>\"x\" & 'y'</b>",
    "lines": "one\ntwo\r\n\nthree\n", "csv": "a,b,,c", "num": "42", "l": [3, 1, 2], "ls": ["b", "A", "c", "a"], "le": [],
    "mixed": [1, "a", None, True, 2.0, [1], {"k": "v"}], "d": {"b": 1, "a": 2, "C": 3}, "de": {},
    "nested": {"x": {"y": [10, {"z": "deep"}]}, "items": "shadow", "get": 5},
    "rows": [{"n": "x", "v": 3, "g": "A"}, {"n": "y", "v": 1, "g": "b"}, {"n": "Z", "v": 2, "g": "a"}],
    "tree": [{"v": 1, "c": [{"v": 2, "c": [{"v": 3, "c": []}]}]}, {"v": 4, "c": []}], "quote": "it's \"q\" \\ \n \x07 é \u200b",
}


def snippets():
    """Templates that show one thing each."""
    e = []

    def x(*expressions):
        e.extend("{{ %s }}" % expression for expression in expressions)

    # literals and str/repr
    x("1", "-1", "1_000", "0x1F", "0b101", "0o17", "1.5", "1e3", "1E-7", "1_0.5_0", "1e16", "123456789.123456789", "0.1+0.2", "1e22", "1e-5",
      "0.0001", "-0.0", "100000000000000000.0", "true", "false", "none", "True", "None", "'a'", "\"a\"", "'a' 'b'", "'\\n\\t\\\\\\''",
      "'\\x41\\u00e9\\U0001F642'", "'\\q'", "'\\101'", "'\\N{BULLET}'", "'\\é'", "[]", "[1, 'a', none, true, 1.0]", "(1,)", "(1, 2)", "()", "{}", "{'a': 1, 2: 'b', none: [1]}",
      "[1,]", "{'a': 1,}", "1, 2", "quote", "[quote]", "uni", "[uni]", "mixed", "d", "nested", "rows", "big", "huge", "tiny", "f1", "[f1, huge, tiny, big]", "012", "1__0", "'a", "'\\x4'", "{1: 'a', true: 'b', 1.0: 'c'}",
      "{[1]: 2}", "1.foo", "1.5.x", "'🙂'|length", "[none, true]", "{'a': {'b': (1, 2)}}", "'it\\'s'", "['it\\'s']", "['a\"b']", "['a\\'b\"c']", "0xg", ".5", "5.", "'a'.b", "'a' 'b'.upper()")
    # arithmetic
    x("1 + 2", "7 - 10", "6 * 7", "7 / 2", "6 / 3", "7 // 2", "-7 // 2", "7 // -2", "-7 // -2", "7 % 3", "-7 % 3", "7 % -3", "7.5 % 2", "-7.5 % 2", "7.5 // 2", "-7.5 // 2",
      "2 ** 10", "2 ** -1", "2 ** 0.5", "2 ** 100", "-2 ** 2", "2 ** 3 ** 2", "(-2) ** 3", "0 ** 0", "0.0 ** -1", "0 ** -1", "1 / 0", "1 // 0", "1 % 0", "1.0 / 0", "1.0 // 0", "1.0 % 0",
      "big + 1", "big * big", "big // 7", "big % 7", "big / 3", "-big", "big - big", "9223372036854775807 + 1", "9223372036854775807 * 2", "-9223372036854775808 - 1", "-9223372036854775808 // -1",
      "1 + 2.0", "1 + true", "true + true", "-true", "+true", "true * 3", "n + f", "f * 2", "1 - 0.9", "3 * 0.1", "1 + '1'", "'1' + 1", "'a' + 'b'", "'a' * 3", "3 * 'ab'", "'a' * -1", "'a' * 1.5", "'a' * 'b'",
      "[1] + [2]", "[1] + (2,)", "(1,) + (2,)", "[1] * 2", "2 * [1, 2]", "[1] - [1]", "{} + {}", "none + 1", "1 + none", "-'a'", "-none", "+[]", "- 3", "--3", "-n|abs", "(-n)|abs", "2 * 3 + 4", "2 + 3 * 4", "1 ~ 2 + 3", "1 + 2 ~ 3",
      "'a' ~ 1 ~ none ~ true ~ 1.0", "'a' ~ undef", "1 ~ 2", "10 ** 20", "10 ** 5000", "7 // 0.5", "f * 1e308", "-(f * 1e308)", "(f * 1e308) - (f * 1e308)", "5 % 3.5", "1e16 + 1", "4 / 2", "0.1 * 3", "2 ** 63", "2 ** 64 - 1", "(-8) // 3", "(-8) % 3", "8 % -3", "100 ** 0.5", "1.0 ** 5", "big ** 2", "big * 1.0", "big // 1.0", "1 - true")
    # comparison and logic
    x("1 < 2", "1 < 2 < 3", "1 < 3 < 2", "3 > 2 > 1", "1 == 1.0", "1 == true", "'1' == 1", "none == none", "none == false", "[1, 2] == [1, 2]", "[1] == (1,)", "{'a': 1} == {'a': 1.0}", "1 != 2", "'a' < 'b'", "'a' < 'B'", "[1, 2] < [1, 3]", "[1] < [1, 0]", "1 < 'a'", "none < 1", "[] < ()", "{} < {}", "true < 2",
      "1 in [1, 2]", "'a' in 'abc'", "'' in 'abc'", "1 in '1'", "'a' in d", "'z' not in d", "1 not in [1]", "not 1 in [1]", "none in [none]", "1 in 5", "1 in none", "'a' in undef", "undef in [1]", "undef == undef2", "undef == none", "undef < 1", "1 < undef",
      "1 and 2", "0 and 2", "0 or 'x'", "'' or none", "not ''", "not not 1", "1 or undef.x", "0 and undef.x", "undef and 1", "undef or 'd'", "1 if true", "1 if false", "1 if false else 2", "1 if 0 else 2 if 0 else 3", "(1 if false) is defined", "1 if true else undef.x.y", "'a' if d else 'b'", "'x' if le else 'y'",
      "1.5 == 3/2", "big == big", "big > 1.5", "big < huge", "f * 1e308 > big", "[1, [2, {'a': 3}]] == [1, [2, {'a': 3}]]", "'a' == \"a\"", "'\uffff' < '🙂'", "(1, 2) < (1, 'a')", "[1, 'a'] < [2, 1]", "true == 1", "true is true", "1 is true", "not none", "not undef", "0.0 or 'zero'", "[] or {} or () or 'end'")
    # access
    x("l[0]", "l[-1]", "l[5]", "l[5].x", "l['a']", "l.0", "rows.0.n", "d.a", "d['a']", "d.missing", "d.missing.x", "d['missing']['x']", "d.items", "nested.x.y[1].z", "nested['x']['y'][1]['z']", "nested.items is callable", "nested['items']", "nested['get']", "nested.get('items')", "s[0]", "s[-1]", "s[99]", "s.x", "s['upper']()", "none.x", "none['x']", "n.x", "n[0]", "undef", "undef.x", "undef['x']", "undef[0]", "undef()", "undef[1:]",
      "l[1:]", "l[:2]", "l[::-1]", "l[::2]", "l[-2:]", "l[5:]", "l[:-5]", "l[1:2:1]", "l[::0]", "l['a':]", "s[1:4]", "s[::-1]", "s[-5:]", "s[:-1]", "uni[8:10]", "uni[::-1]", "uni[10]", "(1, 2, 3)[1:]", "d[1:]", "l[none:none]", "l[true:]", "l[1.0:]", "l[true]", "l[1.0]", "d[[1]]", "l[0, 1]", "l[0:1, 2]", "l[]", "s[0:0]", "d.keys()", "d.values()", "d.items()", "range(3)[1]", "range(10)[2:8:2]", "range(5)[::-1]", "range(3)[7]",
      "d.__class__", "d.__class__.x", "''.__class__.__mro__", "d._x", "l.append", "l.append(1)", "d.update({'x': 1})", "d.pop('a')", "s.__len__", "none.__class__()", "n.real", "n.imag", "n.bit_length()", "f.is_integer()", "f1.is_integer()", "d['a', 'b']", "s.upper.x", "rows[0]['n']", "rows[0].get('zz', 'dflt')", "'abc'.1", "l[big]", "'a'['b']", "'x'.y.z", "(1).real", "d.get('a')", "d.get('q')", "d.get('q', 9)", "d.get()", "d.get([1])", "d.copy()", "d.get(key='a')")
    # methods of str
    for m in ("upper()", "lower()", "title()", "capitalize()", "swapcase()", "casefold()", "strip()", "split()", "isalpha()", "isdigit()", "islower()", "isupper()", "istitle()", "isspace()", "isalnum()", "isnumeric()", "isdecimal()", "isidentifier()", "isascii()", "isprintable()", "splitlines()", "lstrip()", "rstrip()", "expandtabs()", "encode", "splitlines(true)", "count('')", "rsplit()", "split(none, 1)", "rsplit(none, 1)", "replace('', '-')"):
        for v in ("s", "sp", "uni", "e", "num", "'ABC'", "'abc d'", "'ǆ ß ŉ ΑΣ'", "'²½٣'", "'Abc Def'"):
            if m != "encode":
                x("%s.%s" % (v, m))
    x("'x.y.z'.split('.')", "'x.y.z'.split('.', 1)", "'x.y.z'.rsplit('.', 1)", "'x.y.z'.split('.', maxsplit=1)", "'x.y.z'.split(sep='.')", "csv.split(',')", "'a'.split('')", "''.split()", "''.split(',')", "' a  b '.split(' ')", "'a'.split(1)", "'aXbXc'.split('X', 0)", "'aaa'.split('aa')", "'aaa'.rsplit('aa')", "'a b c'.split(none, 1)", "'  a  b  c  '.split(none, 1)", "'  a  b  c  '.rsplit(none, 1)",
      "'hello'.replace('l', 'L')", "'hello'.replace('l', 'L', 1)", "'hello'.replace('', '-')", "'hello'.replace('', '-', 2)", "'hello'.replace('x', 'y')", "'a'.replace('a')", "'hello'.replace(old='l', new='x')", "'a'.replace(1, 2)", "'hello'.startswith('he')", "'hello'.startswith(('x', 'h'))", "'hello'.startswith('l', 2)", "'hello'.endswith('lo')", "'hello'.endswith(('x', 'o'))", "'hello'.endswith('l', 0, 4)", "'hello'.startswith(1)", "'hello'.startswith(['h'])", "'hello'.startswith('')", "'hello'.startswith('', 10)",
      "'hello'.find('l')", "'hello'.rfind('l')", "'hello'.find('z')", "'hello'.index('l')", "'hello'.index('z')", "'hello'.rindex('l')", "'hello'.count('l')", "'hello'.count('l', 3)", "'hello'.find('l', 3)", "'hello'.find('l', -2)", "'hello'.find('')", "'hello'.rfind('')", "uni.find('漢')", "uni.index('🙂')", "'a-b-c'.partition('-')", "'a-b-c'.rpartition('-')", "'abc'.partition('-')", "'abc'.rpartition('-')", "'abc'.partition('')", "'-'.join(['a', 'b'])", "'-'.join('abc')", "'-'.join([1, 2])", "'-'.join(5)", "''.join(d)", "', '.join(rows|map(attribute='n'))", "'-'.join(none)",
      "'ab'.center(7)", "'ab'.center(6, '*')", "'abc'.center(6, '*')", "'ab'.ljust(5, '.')", "'ab'.rjust(5)", "'ab'.rjust(5, 'xy')", "'42'.zfill(5)", "'-42'.zfill(5)", "'+4'.zfill(1)", "'a\\tb'.expandtabs()", "'a\\tb'.expandtabs(4)", "'a\\tb\\n\\tc'.expandtabs(tabsize=2)", "'xxhixx'.strip('x')", "'xyhiyx'.lstrip('xy')", "'xyhiyx'.rstrip('yx')", "' a '.strip(none)", "'a'.strip(1)", "'a'.strip('a', 'b')", "'hello'.strip(chars='h')", "'prefix-a'.removeprefix('prefix-')", "'a.txt'.removesuffix('.txt')", "'a'.removesuffix('')", "'\\x1c a\\x85\\u2003'.strip()", "lines.splitlines()", "'a\\x0bb\\x0cc\\x1dd\\x85e\\u2028f'.splitlines()", "'a\\n'.splitlines()", "'\\n'.splitlines()", "''.splitlines()", "'abc'.foo()", "'abc'.isidentifier()", "'a b'.isidentifier()", "'_1'.isidentifier()", "'1a'.isidentifier()",
      "'{} {}'.format(1, 'a')", "'{0} {1} {0}'.format(1, 2)", "'{a} {b}'.format(a=1, b=[1])", "'{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd')", "'{:05d} {:+d} {: d} {:,} {:_} {:x} {:#x} {:b} {:o} {:X}'.format(42, 42, 42, 1234567, 1234567, 255, 255, 5, 8, 255)", "'{:.2f} {:.0f} {:e} {:g} {:.3g} {:%} {:10.3f}'.format(3.14159, 2.5, 12345.678, 1e-7, 1234.5, 0.25, 1.5)", "'{!r} {!s} {!r:>6}'.format('a', 'b', 'c')", "'{{}} {}'.format(1)", "'{'.format(1)", "'}'.format(1)", "'{}'.format()", "'{a}'.format()", "'{0.x}'.format({'x': 1})", "'{0[x]}'.format({'x': 1})", "'{0[1]}'.format([1, 2])", "'{0[a][b]}'.format({'a': {'b': 3}})", "'{:{}}|'.format('a', 5)", "'{:{w}.{p}}|'.format('abcdef', w=5, p=2)", "'{} {0}'.format(1)", "'{:d}'.format('a')", "'{:s}'.format(1)", "'{:5}'.format(none)", "'{:5}'.format([1])", "'{}'.format(none)", "'{}'.format(undef)", "'{:>5}'.format(true)", "'{:d}'.format(true)", "'{:.2}'.format('abc')", "'{:.2}'.format(1.0)", "'{:5}|{:<5}|{:>5}'.format(1, 1, 'x')", "'{:=+6d}'.format(42)", "'{:,.2f}'.format(1234567.891)", "'{:08.3f}'.format(-3.14159)", "'{:10}|'.format(1.5)", "'{:c}'.format(65)", "'{:n}'.format(5)", "'{:.3}'.format(123456.0)", "'{:g}'.format(100000.0)", "'{:g}'.format(1000000.0)", "'{:#g}'.format(1.0)", "'{:e}'.format(0.0)", "'{:.1%}'.format(0.123)", "'{:z}'.format(1)", "'{x}'.format_map({'x': 3})", "'{x}'.format_map({})", "'{a.__class__}'.format(a=1)", "'{!x}'.format(1)", "'{:,}'.format(1234.5)", "'{:012,}'.format(1234.5)", "'{:06}'.format(-5)", "'{:<06}'.format(5)",
      "'%s-%s' % (1, 'a')", "'%d %i' % (3.7, 4)", "'%5.2f|%-5s|%05d' % (3.14159, 'a', 42)", "'%s' % 'x'", "'%s' % [1, 2]", "'%(a)s %(b)d' % {'a': 1, 'b': 2}", "'%%' % ()", "'%s %s' % 'a'", "'a' % 1", "'%d' % 'a'", "'%x %X %o %#x' % (255, 255, 8, 255)", "'%e %g %G' % (12345.678, 1e-7, 1e20)", "'%r %a' % ('a', 'b')", "'%c%c' % (65, 'B')", "'%+d % d' % (5, 5)", "'%*d' % (5, 42)", "'%.3s' % 'abcdef'", "'%z' % 1", "'%' % 1", "'%s' % none", "'%s' % undef", "'%d' % undef", "'%(x)s' % {}", "'%(x)s' % 1", "'%.0f' % 2.5", "'%.10d' % 42", "'%5%' % (1,)", "'%5%' % ()", "'%-%|' % (1,)", "'%s' % (1, 2)", "'%s' % d", "'a' % d", "'%d' % true", "'%d' % big", "'%f' % big", "'%x' % 1.5", "'%s%s' % ('a',)", "'%-8s|' % 'abc'", "'%08.3f' % -3.14159", "'%s' % (none,)", "'%5s' % 'ééé'", "'%i%%' % 50")
    return e + filters_and_tests() + statements()


def filters_and_tests():
    e = []

    def x(*expressions):
        e.extend("{{ %s }}" % expression for expression in expressions)

    for f in ("abs", "capitalize", "count", "length", "default('x')", "d('x', true)", "e", "escape", "first", "last", "float", "forceescape", "int", "items|list", "join", "join(', ')", "list", "lower", "upper", "max", "min", "reverse|list", "round", "safe", "sort", "string", "striptags", "sum", "title", "tojson", "trim", "unique|list", "urlencode", "wordcount", "dictsort", "filesizeformat", "map('upper')|list", "select|list", "reject|list", "center(20)", "replace('l', 'L')", "indent", "truncate(5)", "batch(2)|list", "slice(2)|list", "wordwrap(5)", "xmlattr", "tojson(indent=2)", "format", "attr('upper') is defined", "pprint", "reverse", "groupby(0)|list", "float(9.5)", "int(5)", "tojson(ensure_ascii=true)", "random is defined"):
        for v in ("n", "neg", "f", "t", "none", "s", "sp", "html", "num", "l", "ls", "le", "mixed", "d", "rows", "undef", "uni", "big", "(1, 2)", "range(3)"):
            if f == "reverse" and v not in ("s", "uni", "n", "none"):
                continue
            if f.startswith("random") and v in ("big", "d"):
                continue
            if f == "unique|list" and v in ("rows",):
                continue
            x("%s|%s" % (v, f))
    for t in ("defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping", "sequence", "iterable", "callable", "odd", "even", "lower", "upper", "escaped", "not defined", "not none", "divisibleby(2)", "divisibleby 3", "eq(7)", "equalto 7", "ne 7", "gt 2", "greaterthan(2)", "ge 7", "lt 8", "lessthan 1", "le 7", "in [7, 'Hello World', none]", "sameas none", "sameas(true)", "filter", "test"):
        for v in ("n", "f", "t", "none", "s", "l", "d", "undef", "range(3)", "'upper'", "'abc'"):
            x("%s is %s" % (v, t))
    x("1 is foo", "1|foo", "1 is not foo", "'a' is string and 1 is number", "1 is number or x", "2 is even == true", "not 1 is odd", "1 is defined is true", "n is divisibleby 7 and true", "4 is divisibleby(num=2)", "4 is divisibleby", "4 is defined(1)", "s is in 'Hello World!'", "1 is in [1]", "range is callable", "d.items is callable", "s|e is escaped", "[1] is sameas [1]",
      "s|replace('o', '0')", "s|replace('o', '0', 1)", "5|replace(5, 6)", "none|replace('None', 'x')", "s|replace('o')", "s|replace(old='o', new='0', count=1)", "[1, 2]|join", "[1, 2]|join('-')", "rows|join(', ', attribute='n')", "rows|join(attribute='v')", "rows|join(d='+', attribute='v')", "[none, true, 1.0]|join(' ')", "5|join", "'abc'|join('-')", "d|join(',')", "[[1], {'a': 1}]|join('/')", "undef|join",
      "rows|map(attribute='n')|list", "rows|map(attribute='zz')|list", "rows|map(attribute='zz', default='?')|list", "rows|map('attr', 'n')|list", "ls|map('upper')|join(',')", "ls|map('replace', 'a', 'x')|list", "rows|map('items')|map('list')|list", "l|map('foo')|list", "l|map()|list", "rows|map(attribute='n', foo=1)|list", "[[1, 2], [3, 4]]|map('sum')|list", "[[1, 2], [3, 4]]|map('first')|list", "rows|map(attribute='n.upper')|list|length", "[{'a': {'b': 1}}]|map(attribute='a.b')|list", "[[1, 2]]|map(attribute=1)|list", "[[1, 2]]|map(attribute='1')|list", "l|map('string')|join", "l|map('float')|list", "ls|map('length')|sum", "l|map|list", "(l|map('string')) is iterable", "l|map('string')|length",
      "l|select('odd')|list", "l|reject('odd')|list", "l|select('gt', 1)|list", "l|select('in', [1, 2])|list", "l|select('foo')|list", "rows|selectattr('v', 'gt', 1)|map(attribute='n')|list", "rows|rejectattr('v', 'equalto', 1)|map(attribute='n')|list", "rows|selectattr('v')|list|length", "rows|selectattr('zz')|list", "rows|selectattr('zz', 'defined')|list", "rows|selectattr('zz', 'undefined')|list|length", "rows|selectattr|list", "rows|selectattr('v', '==', 1)|list", "rows|selectattr('v', '>=', 2)|list|length", "rows|selectattr('n', 'in', ['x', 'Z'])|map(attribute='v')|list", "mixed|select('string')|list", "mixed|select('mapping')|list", "mixed|reject('none')|list", "d|select('eq', 'a')|list", "5|select|list", "0|select|list", "mixed|select('iterable')|list", "l|select('divisibleby', 2)|list", "l|select('sameas', 1)|list",
      "l|sort(reverse=true)", "ls|sort", "ls|sort(case_sensitive=true)", "ls|sort(true)", "rows|sort(attribute='v')|map(attribute='n')|list", "rows|sort(attribute='n', reverse=true)|map(attribute='n')|list", "rows|sort(attribute='g,v')|map(attribute='n')|list", "mixed|sort", "d|sort", "'cba'|sort", "rows|sort", "[[2, 'a'], [1, 'b']]|sort", "[true, 0, 2.5]|sort", "ls|unique|list", "ls|unique(true)|list", "['a', 'A', 'b', 'a']|unique|list", "['a', 'A', 'b', 'a']|unique(case_sensitive=true)|list", "rows|unique(attribute='g')|map(attribute='n')|list", "[1, 1.0, true, 2]|unique|list", "[[1], [1]]|unique|list", "ls|max", "ls|min", "ls|min(case_sensitive=true)", "rows|max(attribute='v')", "le|max", "le|max is defined", "mixed|max", "l|sum", "l|sum(start=10)", "rows|sum(attribute='v')", "ls|sum", "ls|sum(start='')", "[[1], [2]]|sum(start=[])", "le|sum", "[0.1, 0.2]|sum", "d|dictsort", "d|dictsort(true)", "d|dictsort(by='value')", "d|dictsort(false, 'value', true)", "d|dictsort(reverse=true)", "d|dictsort(by='x')", "{'a': 1, 2: 3}|dictsort", "rows|groupby('g')|list", "rows|groupby('g', case_sensitive=true)|list", "rows|groupby('zz', default='-')|list", "rows|groupby('zz')|list", "rows|groupby('g')|map(attribute='grouper')|list", "rows|groupby('g')|map(attribute='list')|map('length')|list", "rows|groupby(attribute='v')|map('first')|list",
      "l|batch(2)|list", "l|batch(2, 'x')|list", "l|batch(0)|list", "[1,2,3,4,5]|slice(2)|list", "[1,2,3,4,5]|slice(3, 'x')|list", "l|slice(0)|list", "l|slice(5)|list", "l|first", "le|first", "le|first is defined", "le|last", "d|first", "d|last", "s|first", "s|last", "l|map('string')|first", "l|map('string')|last", "none|first", "l|reverse|list", "s|reverse", "d|reverse|list", "(l|select)|reverse|list", "l|length", "none|length", "d|count", "l|list", "'abc'|list", "d|list", "none|list", "d|items|list", "undef|items|list", "l|items|list", "(d|items)|length",
      "'a-b c(d[e{f<g'|title", "\"it's john's\"|title", "'foo bar'|capitalize", "'ÉCOLE'|lower", "'straße'|upper", "'ß'|capitalize", "'ǆx'|title", "'hello world'|wordcount", "'a_b c-d é'|wordcount", "''|wordcount", "'x'|center(5)", "'x'|center(width=4)|e", "'  x '|trim", "'xxaxx'|trim('x')", "'xxaxx'|trim(chars='x')", "5|trim", "none|trim", "'%s is %d'|format('a', 3)", "'%(a)s'|format(a=1)", "'%s'|format", "'%s'|format(1, a=2)", "'x'|format", "'%s %s'|format('a')",
      "lines|indent", "lines|indent(2)", "lines|indent(2, true)", "lines|indent(2, true, true)", "lines|indent(blank=true)", "lines|indent('> ')", "lines|indent(width=1, first=true)", "''|indent", "'a'|indent(first=true)", "5|indent", "'a\\nb'|indent(-1)", "'a\\nb'|indent(1.5)", "(s * 30)|truncate(20)", "'foo bar baz qux'|truncate(9)", "'foo bar baz qux'|truncate(9, true)", "'foo bar baz qux'|truncate(11)", "'foo bar baz qux'|truncate(11, false, '...', 0)", "'foo bar baz qux'|truncate(9, end='!')", "'abc'|truncate(1)", "'foo bar'|truncate(5, leeway=-1)", "'Hello there wonderful world-wide web'|wordwrap(10)", "'averyveryverylongword yes'|wordwrap(5)", "'averyveryverylongword yes'|wordwrap(5, false)", "'a b c d'|wordwrap(3, wrapstring='|')", "'well-known hyphen-ated words'|wordwrap(8)", "'well-known'|wordwrap(6, break_on_hyphens=false)", "'a\\n\\nb  c'|wordwrap(5)", "'x'|wordwrap(0)",
      "'3.7'|int", "' 42 '|int", "'0x1F'|int(base=16)", "'1F'|int(0, 16)", "'0b11'|int(base=0)", "'abc'|int", "'abc'|int(7)", "3.9|int", "-3.9|int", "none|int", "true|int", "'1_000'|int", "'1e3'|int", "''|int", "'inf'|int", "[]|int", "'9'|int(base=8)", "'99999999999999999999'|int", "'٣'|int", "'3.7'|float", "'1e3'|float", "'abc'|float", "'nan'|float", "'inf'|float", "'-Infinity'|float", "true|float", "none|float", "5|float", "'1_0.5'|float", "' 1.5\\n'|float", "big|float", "2.5|round", "3.5|round", "-2.5|round", "2.675|round(2)", "1234.5678|round(-2)", "5|round", "15|round(-1)", "25|round(-1)", "2.1|round(method='ceil')", "2.9|round(0, 'floor')", "2.345|round(2, 'ceil')", "2.345|round(1, 'floor')", "5|round(0, 'ceil')", "1.5|round(1, 'x')", "'a'|round", "none|round", "undef|round", "2.5|round|int", "1e300|round(2)", "0.5|round", "-0.4|round", "-5|abs", "-5.5|abs", "'a'|abs", "true|abs",
      "1000000|filesizeformat", "1000000|filesizeformat(true)", "1|filesizeformat", "999|filesizeformat", "'1500'|filesizeformat", "1e30|filesizeformat", "html|e", "html|escape|e", "html|safe", "html|safe|e", "html|safe ~ html", "(html|safe) + html", "html + (html|safe)", "(html|safe)|upper", "(html|safe).lower()", "(html|safe)|replace('b', '<')", "(html|safe) * 2", "(html|safe) % 1", "('%s<'|safe) % '<'", "('{}<'|safe).format('<')", "[html|safe]", "[html|safe]|join('<')", "(html|e)|length", "(html|safe)|string is escaped", "(html|e)|tojson", "html|forceescape", "html|e|forceescape", "('<'|safe).join(['<', '>'])", "(html|safe)[0:3] + '<'", "(html|safe).split(' ')", "(html|safe) is string", "(html|safe) == html", "'<'|e in '&lt;'", "{'a': html|e}", "html|striptags", "'<p>a&amp;b  <!-- x --> c</p>'|striptags", "'a/b c?d=é&e'|urlencode", "d|urlencode", "{'a b': 'c/d', 'x': 1}|urlencode", "[('a', 1)]|urlencode", "5|urlencode", "{'class': 'a b', 'id': none, 'x': 1, 'y': '<'}|xmlattr", "{'a b': 1}|xmlattr", "{'a': 1}|xmlattr(false)", "{}|xmlattr",
      "d|tojson", "mixed|tojson", "nested|tojson(indent=2)", "rows|tojson(indent=4)", "d|tojson(sort_keys=true)", "d|tojson(separators=(',', ':'))", "d|tojson(indent=0)", "d|tojson(indent='--')", "uni|tojson", "uni|tojson(ensure_ascii=true)", "quote|tojson", "html|tojson", "[1.0, 1e20, 1e-7, 0.1, big, true, none]|tojson", "(1, 2)|tojson", "{1: 'a', none: 'b', true: 'c', 1.5: 'd'}|tojson", "{(1, 2): 1}|tojson", "undef|tojson", "range(3)|tojson", "d.items()|tojson", "d.items()|list|tojson", "(l|map('string'))|tojson", "le|tojson(indent=2)", "[[], {}]|tojson(indent=1)", "'\\x7f\\x00\\u2028'|tojson", "'\\x7f'|tojson(true)", "d|tojson(true, 2)", "d|tojson(foo=1)", "(f * 1e308)|tojson", "s|tojson|safe", "d|tojson(indent=2, separators=(', ', ' = '))", "{'a': [1, {'b': []}]}|tojson(indent=3)", "namespace(a=1)|tojson", "d|pprint", "s|pprint", "rows|pprint", "['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'cccccccccccccccccccc']|pprint",
      "d|attr('items') is defined", "d|attr('a')", "d|attr('a') is defined", "s|attr('upper')()", "none|attr('x')", "d|attr('__class__')", "undef|attr('x')", "s|upper|lower|title", "s|upper()", "s|default('x')|upper", "undef|default('x')|upper", "undef.x|default('x')", "''|default('x')", "''|default('x', true)", "none|default('x')", "none|default('x', boolean=true)", "undef|default", "undef|d(default_value=5)", "1|default(2, 3, 4)", "s|upper(1)", "s|lower(x=1)", "-1|abs", "1 + 2|abs", "'a' ~ 'b'|upper", "(1, 2)|join", "not s|length", "l|length > 2", "l|length is gt 2", "[1, 2, 3]|select('odd')|map('string')|join('+')|length", "'http://example.com (see www.foo.org), a@b.co'|urlize", "'https://x.y/z?a=b&c'|urlize(10, true)", "'x'|urlize")
    return e


def statements():
    return [
        # white space control
        "a\n{% if true %}\nb\n{% endif %}\nc\n", "  {% if true %}  \n  b\n  {% endif %}  \nc", "a {%- if true -%} b {%- endif -%} c", "a\n  {%+ if true %}b{% endif %}\n", "{% if true +%}\nb{% endif %}", "a\n\n", "a\n", "\n", "", "  \n", "{{ 1 }}\n", "{{ 1 }}\n\n{{ 2 }}", "x {{- 1 -}} y", "  {{ 1 }}\n  {{ 2 }}", "{# c #}\nx", "  {# c #}  x", "a{#- c -#} b", "a\n  {#+ c #}\nb", "{# c +#}\nb", "{#- #}", "{#-#}", "{# {{ x }} {% y %} #}z", "{# unclosed", "a{#", "{%raw %}", "{{ l|sort(none) }}", "{{ s.splitlines(none) }}", "a\r\nb\rc\n\r\n", "{% if true %}\r\nx\r\n{% endif %}\r\n", "a\n   \n  {%- if true %}\n  x\n  {%- endif %}\ny", "{%if true%}x{%endif%}", "{{1}}{{2}}", "{{ '}}' }}", "{{ '%}' }}", "{{ {'a': {'b': 1}} }}", "{{ {'a': 1}}}", "{% raw %}{{ x }} {% if %}{% endraw %}", "a {% raw %}\n b \n{% endraw %}\n c", "a {%- raw -%} b {%- endraw -%} c", "  {% raw %}x{% endraw %}", "{% raw %}x", "{%raw%}{% raw %}{%endraw%}", "\n  {% raw +%}x{% endraw %}", "{{-1}}", "{{- 1 }}", "{{+1}}", "{{ - 1 }}", "a{{ 1 -}}\n\n b", "\t{% set x = 1 %}\t\nb", "\u00a0{% set x = 1 %}b", "a {% set x = 1 %} b", "{{ 'a\nb' }}", "{{ 'a\r\nb'|tojson }}", "{% set x = 1 %}\n{% set y = 2 %}\n{{ x + y }}\n", "{% for i in l %}\n  {{ i }}\n{% endfor %}\n", "{%- for i in l -%}\n  {{ i }}\n{%- endfor -%}\n", "{% for i in l -%} {{ i }} {% endfor %}", "x\n{{ 1 }}  \n  {% if 1 %}\n  y\n{% endif %}", "{% if 1 %}a{% endif %}  {% if 1 %}b{% endif %}",
        # if
        "{% if n == 7 %}a{% elif n == 8 %}b{% else %}c{% endif %}", "{% if z %}a{% elif n %}b{% else %}c{% endif %}", "{% if undef %}a{% else %}b{% endif %}", "{% if undef.x %}a{% endif %}", "{% if 1, %}a{% endif %}", "{% if le, %}a{% endif %}", "{% if true: %}a{% endif %}", "{% if %}a{% endif %}", "{% if true %}a", "{% endif %}", "{% if true %}a{% endfor %}", "{% if true %}{% else %}{% else %}{% endif %}", "{% if false %}{{ 1|foo }}{% endif %}ok", "{% if true %}{{ 1|foo }}{% endif %}ok", "{% if false %}{% for i in l %}{{ 1|foo }}{% endfor %}{% endif %}ok", "{{ 1|foo if false else 2 }}", "{{ 2 if true else 1|foo }}", "{% if 1 is foo %}{% endif %}", "{% if false and 1|foo %}x{% endif %}y", "{% elif %}", "{% else %}", "{% if a b %}{% endif %}",
        # for
        "{% for i in l %}{{ i }},{% endfor %}", "{% for i in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }};{% endfor %}", "{% for i in le %}x{% else %}empty{% endfor %}", "{% for i in l %}x{% else %}empty{% endfor %}", "{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}", "{% for k, v in d|dictsort %}{{ k }}={{ v }};{% endfor %}", "{% for k in d %}{{ k }}{% endfor %}", "{% for c in s %}{{ c }}.{% endfor %}", "{% for i in undef %}x{% endfor %}ok", "{% for i in none %}x{% endfor %}", "{% for i in 5 %}x{% endfor %}", "{% for i in l if i > 1 %}{{ loop.index }}/{{ loop.length }}:{{ i }} {% endfor %}", "{% for i in l if i > 9 %}x{% else %}none{% endfor %}", "{% for i in l if loop.index > 1 %}x{% endfor %}", "{% for i in range(3) %}{{ i }}{% endfor %}", "{% for i in range(1, 10, 3) %}{{ i }}{% endfor %}", "{% for i in range(3, 0, -1) %}{{ i }}{% endfor %}", "{% for i in l|map('string') %}{{ loop.index }}{{ loop.last }} {% endfor %}", "{% for i in l|map('string') %}{{ loop.length }}{{ loop.revindex }} {% endfor %}", "{% for i in l %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }} {% endfor %}", "{% for i in l %}{{ loop.previtem is defined }}{{ loop.nextitem is defined }} {% endfor %}", "{% for i in l %}{{ loop.cycle('a', 'b') }}{% endfor %}", "{% for i in l %}{{ loop.cycle() }}{% endfor %}", "{% for i in [1,1,2,2,1] %}{{ loop.changed(i) }} {% endfor %}", "{% for i in l %}{% for j in ls %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}", "{% for i in l %}{% set outer = loop %}{% for j in ls %}{{ outer.index }}{{ loop.index }} {% endfor %}{% endfor %}", "{% for i in l %}{% if i == 1 %}{% break %}{% endif %}{{ i }}{% endfor %}", "{% for i in l %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "{% for i in l %}{% continue %}{% else %}E{% endfor %}", "{% for i in l %}{% break %}{% else %}E{% endfor %}", "{% for i in l %}{% if i == 2 %}{% continue %}{% endif %}{% else %}E{% endfor %}", "{% break %}", "{% continue %}", "{% for i in l %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}", "{% for i in l %}{% filter upper %}a{% break %}{% endfilter %}{% endfor %}ok", "{% for i in l %}{% set x %}a{% if i == 1 %}{% break %}{% endif %}{% endset %}{{ x }}{% endfor %}", "{% for i in l %}{% with a = i %}{% if a == 1 %}{% continue %}{% endif %}{{ a }}{% endwith %}{% endfor %}", "{% for i in l %}{% else %}{% break %}{% endfor %}", "{% for (a, b) in [[1, 2], [3, 4]] %}{{ a }}{{ b }}{% endfor %}", "{% for a, (b, c) in [[1, [2, 3]]] %}{{ a }}{{ b }}{{ c }}{% endfor %}", "{% for a, b in l %}{% endfor %}", "{% for a, b in [[1]] %}{% endfor %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{% for a, b in ['xy'] %}{{ a }}{{ b }}{% endfor %}", "{% for a in 1, 2 %}{{ a }}{% endfor %}", "{% for a, in [[1]] %}{{ a }}{% endfor %}", "{% for i in l recursive %}{{ i }}{% endfor %}", "{% for x in tree recursive %}{{ x.v }}[{{ loop.depth }}{{ loop(x.c) }}]{% endfor %}", "{% for x in tree recursive %}{{ x.v }}{{ loop.depth0 }}{% if x.c %}({{ loop(x.c) }}){% endif %}{% else %}-{% endfor %}", "{% for x in tree %}{{ loop(x.c) }}{% endfor %}", "{% for i in l %}{{ loop }}{% endfor %}", "{% for i in l %}{% set loop = 1 %}{% endfor %}", "{% for loop in l %}{{ loop }}{% endfor %}", "{{ loop }}", "{{ loop.index }}", "{% for i in l %}{{ loop.foo }}{{ loop['index'] }}{% endfor %}", "{% for i in l %}{% endfor %}{{ i }}", "{% set i = 9 %}{% for i in l %}{% endfor %}{{ i }}", "{% for 1 in l %}{% endfor %}", "{% for i l %}{% endfor %}", "{% for i in l %}", "{% for i in %}{% endfor %}", "{% for none in l %}{% endfor %}", "{% for d.x in l %}{% endfor %}", "{% for i in l if i is odd and i > 1 %}{{ i }}{% endfor %}", "{% for m in (rows if true else []) %}{{ m.n }}{% endfor %}", "{% for m in rows if m.v > 1 else x %}{% endfor %}", "{% for i in l[:2] + [9] %}{{ i }}{% endfor %}", "{% for i in l %}{{ loop|length }}{% endfor %}", "{% for k, v in d %}{% endfor %}", "{% for i in {} %}{% else %}e{% endfor %}", "{% for i in range(100001) %}{% endfor %}", "{% for i in range(0) %}x{% else %}y{% endfor %}", "{% for i in range() %}{% endfor %}", "{{ range(1, 2, 0) }}", "{{ range('a') }}", "{{ range(1.0) }}", "{{ range(3) }} {{ range(1, 5, 2) }} {{ range(3)|list }} {{ range(3)|length }} {{ 2 in range(3) }} {{ 3 in range(3) }}",
        # set and scope
        "{% set x = 1 %}{{ x }}", "{% set x, y = 1, 2 %}{{ x }}{{ y }}", "{% set x = 1, 2 %}{{ x }}", "{% set x, y = [1] %}", "{% set (x, y) = (1, 2) %}{{ x }}{{ y }}", "{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }} {% endfor %}{{ x }}", "{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "{% if false %}{% set x = 2 %}{% endif %}{{ x is defined }}", "{% for i in l %}{% if loop.first %}{% set y = i %}{% endif %}{{ y }}{% endfor %}", "{% for i in l %}{{ n }}{% set n = i %}{{ n }} {% endfor %}{{ n }}", "{% set ns = namespace(a=1) %}{% for i in l %}{% set ns.a = ns.a + i %}{% endfor %}{{ ns.a }}", "{% set ns = namespace() %}{{ ns.x }}{{ ns.x is defined }}", "{% set ns = namespace() %}{{ ns.x.y }}", "{% set ns = namespace(d) %}{{ ns.a }}{{ ns['b'] }}", "{% set ns = namespace(d, a=9) %}{{ ns.a }}", "{{ namespace(a=1) }}", "{% set d.x = 1 %}", "{% set undef.x = 1 %}", "{% set ns = namespace(a=1) %}{% set ns.b, c = 1, 2 %}{{ ns.b }}{{ c }}", "{% set ns = namespace([('a', 1)]) %}{{ ns.a }}", "{% set ns = namespace(l) %}", "{% set x %}a{{ n }}b{% endset %}{{ x }}", "{% set x | upper %}abc{% endset %}{{ x }}", "{% set x | upper | replace('B', '-') %}abc{% endset %}{{ x }}", "{% set x %}{% for i in l %}{{ i }}{% endfor %}{% endset %}{{ x|length }}", "{% set x %}\n  a\n{% endset %}[{{ x }}]", "{% set x, y %}ab{% endset %}{{ x }}{{ y }}", "{% set 1 = 2 %}", "{% set x %}", "{% set true = 1 %}", "{% set x = %}", "{% set x 1 %}", "{% set x[0] = 1 %}", "{% set x = x %}{{ x }}", "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "{% set ns = namespace(x='a') %}{% set ns.x %}b{{ ns.x }}{% endset %}{{ ns.x }}", "{% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q }}", "{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}{{ a }}", "{% with a, b = (1, 2) %}{{ a }}{{ b }}{% endwith %}", "{% filter upper %}a{{ s }}{% endfilter %}", "{% filter replace('a', 'b')|upper %}aXa{% endfilter %}", "{% filter foo %}{% endfilter %}", "{% filter trim %}  a  {% endfilter %}", "{% filter indent(2) %}a\nb{% endfilter %}", "{% set x = 1 %}{% filter upper %}{% set x = 2 %}{{ x }}{% endfilter %}{{ x }}", "{% print 1 %}", "{% print 1, 'a' %}", "{% print s|upper %}", "{% set a = [] %}{% set a = a + [1] %}{{ a }}", "{% set x = cycler('a', 'b') %}{{ x.next() }}{{ x.next() }}{{ x.next() }}{{ x.current }}{{ x.reset() }}{{ x.current }}{{ x.pos }}", "{% set x = joiner('|') %}{{ x() }}a{{ x() }}b{{ x() }}", "{{ cycler() }}", "{{ joiner()() }}", "{{ dict(a=1, b=2) }}", "{{ dict([('a', 1)]) }}", "{{ dict(d, x=1) }}", "{{ dict(1) }}", "{{ dict([1]) }}", "{{ raise_exception('boom') }}", "{{ raise_exception() }}", "{{ raise_exception(5) }}", "{% if false %}{{ raise_exception('boom') }}{% endif %}ok", "{{ raise_exception(message='x') }}", "{{ strftime_now('%d %b %Y %H:%M:%S %j %A %B %y %p %I %a %m %-d %-m %e %% %U %W %w %F %T %D %R %Z|%z|') }}", "{{ strftime_now() }}", "{{ strftime_now('%Y') | int + 1 }}", "{{ foo() }}", "{{ n() }}", "{{ none() }}", "{{ d.a() }}", "{{ 'a'() }}",
        # macros and calls
        "{% macro m(a, b=2) %}{{ a }}-{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 3) }} {{ m(b=4, a=5) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m() }}|{{ m(1, 2) }}", "{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}", "{% macro m(a) %}{{ a is defined }}{% endmacro %}{{ m() }}{{ m(none) }}", "{% macro m(a) %}{% endmacro %}{{ m(x=1) }}", "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", "{% macro m(a, *b) %}{% endmacro %}", "{% macro m(a, a) %}{% endmacro %}", "{% macro m(a=1, b) %}{% endmacro %}", "{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }}", "{% macro m(a=b, b=1) %}{{ a }}{{ b }}{% endmacro %}{{ m() }}", "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}x{% endcall %}", "{% macro m() %}{{ caller(1, 2) }}{% endmacro %}{% call(a, b) m() %}{{ a }}+{{ b }}{% endcall %}", "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}", "{% macro m() %}x{% endmacro %}{% call m() %}y{% endcall %}", "{% macro m() %}{% if caller is defined %}{{ caller() }}{% else %}no{% endif %}{% endmacro %}{{ m() }}{% call m() %}y{% endcall %}", "{% macro m(caller=none) %}{{ caller() if caller else 'no' }}{% endmacro %}{{ m() }}{% call m() %}y{% endcall %}", "{% macro m(caller) %}{{ caller() }}{% endmacro %}", "{% call n() %}x{% endcall %}", "{% call n %}x{% endcall %}", "{% call undef() %}x{% endcall %}", "{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(3) }}", "{% macro f(k) %}{{ f(k) }}{% endmacro %}{{ f(1) }}", "{{ m(1) }}{% macro m(a) %}{{ a }}{% endmacro %}", "{% macro m() %}{% set x = 1 %}{{ x }}{% endmacro %}{{ m() }}{{ x is defined }}", "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}", "{% for i in l %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}", "{% macro m() %}  a\n{% endmacro %}[{{ m() }}]", "{% macro m() -%}  a\n{%- endmacro %}[{{ m() }}]", "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1)|upper }}{{ m('a')|upper }}{{ m('a') is string }}", "{% macro m(x) %}{{ x }}{% endmacro %}{{ l|map('string')|map('upper')|list }}{{ m }}", "{% macro m(a, b) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}{{ m.caller }}", "{% macro m(a, b, c=3) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*[1, 2]) }}{{ m(*[1], **{'b': 2, 'c': 4}) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(*5) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(**5) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, a=2) }}", "{{ dict(a=1, a=2) }}", "{{ range(*[1, 4])|list }}", "{{ f(a=1, 2) }}", "{% macro m %}{% endmacro %}", "{% macro m() %}", "{% macro 1() %}{% endmacro %}", "{% macro outer() %}{% macro inner() %}i{% endmacro %}{{ inner() }}{% endmacro %}{{ outer() }}", "{% macro m(a=[]) %}{{ a + [1] }}{% endmacro %}{{ m() }}{{ m() }}", "{% macro loop_m() %}{{ loop }}{% endmacro %}{% for i in l %}{{ loop_m() }}{% endfor %}", "{% macro row(x) %}<{{ x }}>{% endmacro %}{% for i in l %}{{ row(i) }}{% endfor %}",
        # blocks, loading, generation, autoescape, other
        "{% block a %}x{% endblock %}", "{% block a %}x{% endblock a %}", "{% for i in l %}{% block a %}{{ i }}{% endblock %}{% endfor %}", "{% for i in l %}{% block a scoped %}{{ i }}{% endblock %}{% endfor %}", "{% set x = 1 %}{% block a %}{{ x }}{% set x = 2 %}{% endblock %}{{ x }}", "{% block a %}{% endblock %}{% block a %}{% endblock %}", "{% block a %}x{% endblock %}{{ self.a() }}", "{% block a-b %}{% endblock %}", "{% block a required %}{% endblock %}", "{% block a required %}x{% endblock %}", "{{ super() }}", "{% include 'x' %}", "{% import 'x' as y %}", "{% from 'x' import y %}", "{% extends 'x' %}", "{% if false %}{% include 'x' %}{% endif %}ok", "{% generation %}a{{ n }}{% endgeneration %}b", "{% for i in l %}{% generation %}{{ i }}{% endgeneration %}{% endfor %}", "{% set x = 1 %}{% generation %}{% set x = 2 %}{{ x }}{% endgeneration %}{{ x }}", "{% generation %}", "{% for i in l %}{% generation %}{% break %}{% endgeneration %}{% endfor %}", "{% generation %}\nab\n{% endgeneration %}\nc", "{% autoescape true %}{{ html }}{{ html|safe }}{% endautoescape %}{{ html }}", "{% autoescape true %}{{ '<' ~ html|safe }}{{ ['<', '<'|safe]|join('>') }}{% endautoescape %}", "{% autoescape false %}{{ html }}{% endautoescape %}", "{% unknown %}", "{% %}", "{{ }}", "{{", "{%", "{{ 1", "{% if 1", "{{ 1 }", "}}", "%}", "{{ (1 }}", "{{ 1) }}", "{{ [1) }}", "{{ a b }}", "{{ 1 + }}", "{{ ! }}", "{{ a ! b }}", "{{ a $ b }}", "{{ a; b }}", "{{ `x` }}", "{{ a = 1 }}", "{{ a..b }}", "{{ a.'b' }}", "{{ a|1 }}", "{{ a is 1 }}", "{{ a[1:2:3:4] }}", "{{ {1} }}", "{{ {'a' 1} }}", "{{ [1 2] }}", "{{ f(1 2) }}", "{{ not }}", "{{ 1 if }}", "{{ x if y else }}", "{{ 'a'|upper | }}", "{{ a.b.c.d }}", "{{ * }}", "{{ f(*) }}", "{{ a is not }}", "{{ lambda x: x }}", "{{ ,1 }}", "{{ (,) }}", "{{ 1,, }}", "{{ x ~ }}", "{{ \u00e9 }}", "{% set é = 1 %}{{ é }}", "{{ a? }}", "{{ a\\b }}", "{% do 1 %}", "{% trans %}{% endtrans %}", "{% debug %}", "{# a #}{# b #}", "{{ self }}", "{{ '{{' }}", "a { b } c {", "{{'a'}}{{'b'}}", "{% endfor %}", "{% for x in l %}{% endif %}{% endfor %}", "{% set x = 1 -%}\n\n  {{ x }}",
        # used generators, values of collections
        "{% set g = l|map('string') %}{{ g|join }}{{ g|join }}", "{% set g = l|select('odd') %}{{ g|list }}{{ g|list }}", "{% set k = d.items() %}{{ k|list }}{{ k|list }}", "{% set k = d.keys() %}{{ k|list|length }}{{ 'a' in k }}{{ k|first }}", "{{ d.keys() is sequence }}{{ d.values()|list }}{{ d.keys()|length }}", "{{ (l|map('string')) is sequence }}{{ (l|map('string')) and 1 }}", "{% set r = l|reverse %}{{ r|list }}{{ r|list }}", "{{ d.keys() == d.keys() }}{{ d.items()|list == d.items()|list }}", "{{ rows|groupby('g')|map('last')|list }}", "{% for g in rows|groupby('g') %}{{ g.grouper }}{{ g.list|length }}{{ g[0] }}{% endfor %}", "{% for g, xs in rows|groupby('g') %}{{ g }}{{ xs|map(attribute='n')|join }}{% endfor %}",
        # whole templates in miniature
        "{% for m in rows %}{{ '<|' + m['n'] + '|>\\n' + m.v|string + eos }}{% endfor %}", "{{ bos_token }}{{ n }}", "{{ bos_token + 'x' }}", "{{ tools }}{{ documents }}", "{{ tools is defined and tools is none }}", "{% if not tools %}no{% endif %}", "{{ messages }}", "{{ messages is defined }}", "{% if tools is not none and tools|length > 0 %}x{% endif %}ok",
    ]
