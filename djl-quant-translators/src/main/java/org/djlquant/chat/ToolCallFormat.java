package org.djlquant.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.djlquant.chat.JsonReader.MalformedJsonException;

/**
 * How a family of models writes tool calls in its answers. Parsing never fails: an answer, or a part of one, that
 * is not a well-formed call is content. Stateless.
 */
public enum ToolCallFormat {

    /**
     * Llama 3.1 to 3.3: the whole answer is {@code {"name": …, "parameters": {…}}}, several with semicolons between
     * them, perhaps after {@code <|python_tag|>}.
     */
    LLAMA_3(Marks.PYTHON_TAG, "{") {
        @Override
        public ToolAnswer parse(String answer) {
            int tag = answer.indexOf(Marks.PYTHON_TAG);
            int start = tag < 0 ? 0 : tag + Marks.PYTHON_TAG.length();
            JsonReader reader = new JsonReader(withoutEnd(answer, "<|eot_id|>", "<|eom_id|>"), start);
            List<ToolCall> calls = new ArrayList<>();
            try {
                do {
                    calls.add(call(reader.value()));
                } while (reader.skip(';') && !atEnd(reader, answer));
            } catch (MalformedJsonException e) {
                return contentOnly(answer);
            }
            return atEnd(reader, answer) ? new ToolAnswer(answer.substring(0, Math.max(0, tag)).strip(), calls)
                    : contentOnly(answer);
        }

        private static boolean atEnd(JsonReader reader, String answer) {
            return withoutEnd(answer, "<|eot_id|>", "<|eom_id|>").substring(reader.position()).isBlank();
        }
    },

    /** Hermes, Qwen 2.5 and Qwen 3: each call is {@code <tool_call>{"name": …, "arguments": {…}}</tool_call>}. */
    HERMES(Marks.OPEN, "") {
        @Override
        public ToolAnswer parse(String answer) {
            StringBuilder content = new StringBuilder();
            List<ToolCall> calls = new ArrayList<>();
            int from = 0;
            for (int open = answer.indexOf(Marks.OPEN); open >= 0; open = answer.indexOf(Marks.OPEN, from)) {
                JsonReader reader = new JsonReader(answer, open + Marks.OPEN.length());
                int end;
                try {
                    calls.add(call(reader.value()));
                    int close = answer.indexOf(Marks.CLOSE, reader.position());
                    boolean closed = close >= 0 && answer.substring(reader.position(), close).isBlank();
                    // The end tag may be missing where it is also the stop string.
                    end = closed ? close + Marks.CLOSE.length() : reader.position();
                    content.append(answer, from, open);
                } catch (MalformedJsonException e) {
                    end = open + Marks.OPEN.length();
                    content.append(answer, from, end);
                }
                from = end;
            }
            content.append(answer, from, answer.length());
            return calls.isEmpty() ? contentOnly(answer) : new ToolAnswer(content.toString().strip(), calls);
        }
    },

    /**
     * Mistral: {@code [TOOL_CALLS] [{"name": …, "arguments": {…}, "id": …}, …]}, or for newer ones
     * {@code [TOOL_CALLS]name[ARGS]{…}} (with {@code [CALL_ID]id} between), once for each call. A list of calls
     * without the mark counts too, since special tokens may have been left out when the answer was decoded.
     */
    MISTRAL(Marks.TOOL_CALLS, "[{") {
        @Override
        public ToolAnswer parse(String answer) {
            int mark = answer.indexOf(Marks.TOOL_CALLS);
            try {
                if (mark >= 0) {
                    String content = answer.substring(0, mark).strip();
                    return new ToolAnswer(content, answer.startsWith("[", afterSpace(answer, mark + Marks.TOOL_CALLS.length()))
                            ? list(answer, mark + Marks.TOOL_CALLS.length()) : named(answer, mark));
                }
                return answer.stripLeading().startsWith("[{") ? new ToolAnswer("", list(answer, 0)) : contentOnly(answer);
            } catch (MalformedJsonException e) {
                return contentOnly(answer);
            }
        }

        private static int afterSpace(String answer, int from) {
            int i = from;
            while (i < answer.length() && Character.isWhitespace(answer.charAt(i))) {
                i++;
            }
            return i;
        }

        private static List<ToolCall> list(String answer, int from) throws MalformedJsonException {
            JsonReader reader = new JsonReader(answer, from);
            if (!(reader.value() instanceof List<?> elements) || elements.isEmpty()) {
                throw new MalformedJsonException(from);
            }
            String rest = withoutEnd(answer.substring(reader.position()), "</s>");
            if (!rest.isBlank()) {
                throw new MalformedJsonException(reader.position());
            }
            List<ToolCall> calls = new ArrayList<>();
            for (Object element : elements) {
                calls.add(call(element));
            }
            return calls;
        }

        private static List<ToolCall> named(String answer, int mark) throws MalformedJsonException {
            List<ToolCall> calls = new ArrayList<>();
            int from = mark;
            while (answer.startsWith(Marks.TOOL_CALLS, from)) {
                int start = from + Marks.TOOL_CALLS.length();
                int args = answer.indexOf("[ARGS]", start);
                int brace = args >= 0 ? args + "[ARGS]".length() : answer.indexOf('{', start);
                if (brace < 0) {
                    throw new MalformedJsonException(start);
                }
                String[] head = answer.substring(start, args >= 0 ? args : brace).split("\\[CALL_ID\\]", 2);
                JsonReader reader = new JsonReader(answer, brace);
                calls.add(call(head.length > 1 ? head[1].strip() : null, head[0].strip(), reader.value()));
                from = afterSpace(answer, reader.position());
            }
            if (!withoutEnd(answer.substring(from), "</s>").isBlank()) {
                throw new MalformedJsonException(from);
            }
            return calls;
        }
    };

    /** Texts around calls. */
    private static final class Marks {
        static final String PYTHON_TAG = "<|python_tag|>";
        static final String OPEN = "<tool_call>";
        static final String CLOSE = "</tool_call>";
        static final String TOOL_CALLS = "[TOOL_CALLS]";
    }

    private final String mark;
    private final String opening;

    /**
     * A format.
     *
     * @param mark what stands before calls; may be a special token
     * @param opening how an answer begins that is a call without mark; empty if there is none
     */
    ToolCallFormat(String mark, String opening) {
        this.mark = mark;
        this.opening = opening;
    }

    /** The text before calls, which a tokenizer may know as a special token. */
    public String mark() {
        return mark;
    }

    /**
     * How many characters of an answer that still grows are content whatever follows, so that they can be given out
     * before the answer is complete; the others may belong to a call.
     */
    public int certainContent(String answer) {
        String text = answer.stripLeading();
        int blank = answer.length() - text.length();
        if (!opening.isEmpty() && (text.isEmpty() || text.startsWith(opening) || opening.startsWith(text))) {
            return 0;
        }
        if (text.startsWith(mark)) {
            return 0;
        }
        int at = answer.indexOf(mark);
        if (at >= 0) {
            return at;
        }
        int held = Math.min(mark.length() - 1, answer.length());
        while (!mark.startsWith(answer.substring(answer.length() - held))) {
            held--;
        }
        int certain = answer.length() - held;
        return certain <= blank ? 0 : certain;
    }

    /**
     * Takes an answer apart.
     *
     * @param answer the whole text of an answer, with or without the special tokens around calls
     */
    public abstract ToolAnswer parse(String answer);

    /** The format that a chat template teaches its model, told from the marks it writes; empty if it knows none of these. */
    public static Optional<ToolCallFormat> ofTemplate(String source) {
        // Templates with XML parameters inside tool_call tags are another format.
        if (source.contains(Marks.OPEN) && !source.contains("<function=") && !source.contains("<arg_key>")) {
            return Optional.of(HERMES);
        }
        if (source.contains(Marks.TOOL_CALLS)) {
            return Optional.of(MISTRAL);
        }
        boolean llama = source.contains("<|start_header_id|>") && source.contains("\"parameters\": ");
        return llama ? Optional.of(LLAMA_3) : Optional.empty();
    }

    private static ToolAnswer contentOnly(String answer) {
        return new ToolAnswer(answer, List.of());
    }

    private static String withoutEnd(String answer, String... endTokens) {
        String text = answer.stripTrailing();
        for (String token : endTokens) {
            if (text.endsWith(token)) {
                return text.substring(0, text.length() - token.length());
            }
        }
        return text;
    }

    /** A call from an object with a name and arguments; {@code parameters} is what Llama calls them. */
    private static ToolCall call(Object object) throws MalformedJsonException {
        Object source = object instanceof Map<?, ?> map && map.get("function") instanceof Map<?, ?> inner ? inner : object;
        if (!(source instanceof Map<?, ?> map) || !(map.get("name") instanceof String name)) {
            throw new MalformedJsonException(0);
        }
        Object id = ((Map<?, ?>) object).get("id");
        if (!map.containsKey("arguments") && !map.containsKey("parameters")) {
            throw new MalformedJsonException(0);
        }
        return call(id instanceof String text ? text : null, name, map.containsKey("arguments") ? map.get("arguments") : map.get("parameters"));
    }

    @SuppressWarnings("unchecked")
    private static ToolCall call(String id, String name, Object arguments) throws MalformedJsonException {
        // Some models write the arguments as a string of JSON.
        Object parsed = arguments instanceof String text ? new JsonReader(text, 0).value() : arguments;
        if (name.isEmpty() || !(parsed instanceof Map<?, ?> || parsed == null)) {
            throw new MalformedJsonException(0);
        }
        return new ToolCall(id, name, parsed == null ? Map.of() : (Map<String, Object>) parsed);
    }
}
