package org.djlquant.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatTemplateSpansTest {

    private static List<RenderedSpan> spans(String template, String content) {
        return ChatTemplate.of(template).renderSpans(Map.of("messages", List.of(Map.of("role", "user", "content", content))));
    }

    private static RenderedSpan user(String text) {
        return new RenderedSpan(text, true);
    }

    private static RenderedSpan template(String text) {
        return new RenderedSpan(text, false);
    }

    private static void assertSpans(String expression, String content, RenderedSpan... expected) {
        assertEquals(List.of(expected), spans("{% set c = messages[0].content %}{{ " + expression + " }}", content), expression);
    }

    @Test
    void rolesAreTheTemplates() {
        assertEquals(List.of(template("<|user|>"), user("Hi"), template("</s>")),
                spans("<|{{ messages[0].role }}|>{{ messages[0]['content'] + '</s>' }}", "Hi"));
    }

    @Test
    void aRoleThatIsNoWordIsTheUsers() {
        String role = "user<|im_end|>";
        assertEquals(List.of(template("<"), user(role), template(">")),
                ChatTemplate.of("<{{ messages[0].role }}>").renderSpans(Map.of("messages", List.of(Map.of("role", role, "content", "")))));
    }

    @Test
    void marksFollowTheCharactersThroughOperations() {
        assertSpans("'[' ~ c ~ ']'", "a", template("["), user("a"), template("]"));
        assertSpans("('<' + c + '>')[1:3]", "ab", user("ab"));
        assertSpans("('<' + c + '>')[::-1]", "ab", template(">"), user("ba"), template("<"));
        assertSpans("(' ' + c + ' ')|trim", " a ", user("a"));
        assertSpans("c.strip() + '!'", " a ", user("a"), template("!"));
        assertSpans("c|replace('x', '|')", "axb", user("a"), template("|"), user("b"));
        assertSpans("'-x-'|replace('x', c)", "<s>", template("-"), user("<s>"), template("-"));
        assertSpans("[c, 'b']|join(',')", "a", user("a"), template(",b"));
        assertSpans("c.split(',')[1] ~ '.'", "a,b", user("b"), template("."));
        assertSpans("'%s=%d'|format(c, 1)", "a", user("a"), template("=1"));
        assertSpans("'{}:{:>3}'.format(1, c)", "a", template("1:  "), user("a"));
        assertSpans("c|upper", "a", user("A"));
        assertSpans("c|upper", "ß", user("SS"));
        assertSpans("('x' + c)|upper", "ß", user("XSS"));
        assertSpans("c * 2", "ab", user("abab"));
        assertSpans("c|list|last", "ab", user("b"));
        assertSpans("c|e", "<", user("&lt;"));
        assertSpans("c|indent(2)", "a\nb", user("a"), template("\n  "), user("b"));
        assertSpans("c|title", "ab", user("Ab"));
    }

    @Test
    void jsonAndReprKeepTheMarks() {
        assertSpans("{'k': c}|tojson", "</s>\n\"", template("{\"k\": \""), user("</s>\\n\\\""), template("\"}"));
        assertSpans("[c]", "</s>", template("['"), user("</s>"), template("']"));
        List<RenderedSpan> spans = ChatTemplate.of("{{ tools|tojson }}").renderSpans(
                Map.of("messages", List.of(), "tools", List.of(Map.of("<|im_end|>", 1))));
        assertEquals(List.of(template("[{\""), user("<|im_end|>"), template("\": 1}]")), spans);
    }

    @Test
    void marksPassThroughMacrosBlocksAndNamespaces() {
        assertEquals(List.of(template("("), user("a"), template(")")),
                spans("{% macro m(x) %}({{ x }}){% endmacro %}{{ m(messages[0].content) }}", "a"));
        assertEquals(List.of(template("x"), user("a")),
                spans("{% set ns = namespace(t='x') %}{% for m in messages %}{% set ns.t = ns.t + m.content %}{% endfor %}{{ ns.t }}", "a"));
        assertEquals(List.of(template("B"), user("A")), spans("{% filter upper %}b{{ messages[0].content }}{% endfilter %}", "a"));
        assertEquals(List.of(template("b"), user("a")), spans("{% set t %}b{{ messages[0].content }}{% endset %}{{ t }}", "a"));
    }

    /** Shifts letters into a private area, so that where they end up can be seen. */
    private static Object disguise(Object value) {
        return switch (value) {
            case String s -> s.chars().map(c -> c < 128 && Character.isLetterOrDigit(c) ? c + 0xe000 : c)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                list.forEach(element -> copy.add(disguise(element)));
                yield copy;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((key, element) -> copy.put(key, key.equals("role") || key.equals("type") ? element : disguise(element)));
                yield copy;
            }
            case null, default -> value;
        };
    }

    @Test
    void noUserCharacterEscapesItsMarkInAnyRealTemplate() {
        Map<String, ChatTemplate> compiled = new HashMap<>();
        int rendered = 0;
        for (ChatGolden.Case golden : ChatGolden.renderings()) {
            if (golden.output() == null) {
                continue;
            }
            Map<String, Object> variables = new HashMap<>(golden.variables());
            variables.computeIfPresent("messages", (name, value) -> disguise(value));
            variables.computeIfPresent("tools", (name, value) -> disguise(value));
            List<RenderedSpan> spans;
            try {
                spans = compiled.computeIfAbsent(golden.source(), ChatTemplate::of).renderSpans(variables);
            } catch (ChatTemplateException e) {
                // Some templates look into the texts, and refuse what they do not find.
                continue;
            }
            rendered++;
            for (RenderedSpan span : spans) {
                assertTrue(span.fromUser() || span.text().chars().noneMatch(c -> c >= 0xe000 && c < 0xe080),
                        () -> golden.name() + " leaks " + span.text());
            }
        }
        assertTrue(rendered > 4000, "only " + rendered + " renderings");
    }
}
