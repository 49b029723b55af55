package org.djlquant.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TemplateLimitsTest {

    private static ChatTemplateException fails(String template, Map<String, ?> variables) {
        return assertTimeoutPreemptively(Duration.ofSeconds(30), () ->
                assertThrows(ChatTemplateException.class, () -> ChatTemplate.of(template).render(variables)));
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}{% endfor %}{% endfor %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}",
        "{% set ns = namespace(s='x', t='x') %}{% for i in range(100) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}"
                + "{% endfor %}{{ ns.s == ns.t }}",
        "{% set ns = namespace(s='xx') %}{% for i in range(100) %}{% set ns.s = ns.s|replace('x', ns.s) %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(100) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
        "{{ 'a' * 1000000000 }}", "{{ [1] * 1000000000 }}", "{{ 'a' * 10**30 }}", "{{ 10 ** (10 ** 10) }}",
        "{{ 'x'.ljust(10 ** 9) }}", "{{ '%999999999d' % 1 }}", "{{ '{:999999999}'.format(1) }}", "{{ 'a'|center(10 ** 12) }}",
        "{{ '\\t'.expandtabs(10 ** 9) }}", "{{ [1]|batch(10 ** 9, 0)|list }}", "{{ [1]|slice(10 ** 9)|list }}",
        "{{ 'a\\nb'|indent(10 ** 9) }}", "{{ 'a'.zfill(10 ** 9) }}", "{{ [range(100000)|list] * 1000 * 1000 }}",
        "{% macro m(x) %}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        "{% macro m(x) %}{{ m(x) }}{{ m(x) }}{% endmacro %}{{ m(1) }}",
        "{% macro m(d) %}{% if d %}{{ m(d - 1) }}{{ m(d - 1) }}{% endif %}{% endmacro %}{{ m(100) }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}",
        "{% for i in range(100000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' * 100 }}{% endfor %}",
        "{% set x %}{% for i in range(100000) %}{{ '%5000s' % i }}{% endfor %}{% endset %}",
        "{% for i in range(100000) %}{% for j in range(100000)|map('string')|select('in', ['a']) %}{% endfor %}{% endfor %}",
        "{{ range(100000)|map('string')|map('center', 100000)|join|length }}"
    })
    void bombsEndInAClearError(String template) {
        ChatTemplateException e = fails(template, Map.of());
        assertEquals(ChatTemplateException.Kind.LIMIT, e.kind(), e.getMessage());
        assertTrue(e.getMessage().contains("rendering was stopped"), e.getMessage());
    }

    @Test
    void deepNestingIsRefusedWhenCompiling() {
        for (String template : List.of("{{ " + "(".repeat(100_000) + "1" + ")".repeat(100_000) + " }}",
                "{{ " + "[".repeat(5000) + "]".repeat(5000) + " }}", "{{ " + "-".repeat(100_000) + "1 }}",
                "{{ " + "not ".repeat(100_000) + "1 }}", "{% if 1 %}".repeat(100_000), "{{ 1 " + "if 1 else 1 ".repeat(100_000) + "}}")) {
            ChatTemplateException e = fails(template, Map.of());
            assertEquals(ChatTemplateException.Kind.LIMIT, e.kind(), e.getMessage());
        }
    }

    @Test
    void longChainsOfOperatorsEitherRenderOrAreRefused() {
        String template = "{{ 1" + " + 1".repeat(100_000) + " }}";
        assertTimeoutPreemptively(Duration.ofSeconds(30), () -> {
            try {
                assertEquals("100001", ChatTemplate.of(template).render(Map.of()));
            } catch (ChatTemplateException e) {
                assertEquals(ChatTemplateException.Kind.LIMIT, e.kind());
            }
        });
    }

    @Test
    void aVariableThatContainsItselfIsRefused() {
        List<Object> list = new ArrayList<>();
        list.add(list);
        Map<String, Object> map = new HashMap<>();
        map.put("parameters", map);
        for (Object cycle : List.of(list, List.of(map))) {
            ChatTemplateException e = assertThrows(ChatTemplateException.class,
                    () -> ChatTemplate.of("x").render(Map.of("tools", cycle)));
            assertEquals(ChatTemplateException.Kind.LIMIT, e.kind());
            assertTrue(e.getMessage().contains("'tools'") && e.getMessage().contains("contain itself"), e.getMessage());
        }
    }

    @Test
    void stepsAndTimeAndOutputAreTheCallersToSet() {
        ChatTemplate loop = ChatTemplate.of("{% for i in range(1000) %}{{ i }}{% endfor %}");
        TemplateLimits all = TemplateLimits.DEFAULT;
        assertTrue(assertThrows(ChatTemplateException.class, () -> loop.withLimits(
                new TemplateLimits(100, all.maxCharacters(), all.maxDepth(), all.maxTime())).render(Map.of()))
                .getMessage().contains("more than 100 steps"));
        assertTrue(assertThrows(ChatTemplateException.class, () -> loop.withLimits(
                new TemplateLimits(all.maxSteps(), 50, all.maxDepth(), all.maxTime())).render(Map.of()))
                .getMessage().contains("more than 50 characters"));
        ChatTemplate endless = ChatTemplate.of("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}");
        assertTrue(assertThrows(ChatTemplateException.class, () -> endless.withLimits(
                new TemplateLimits(Long.MAX_VALUE, 50, all.maxDepth(), Duration.ofMillis(50))).render(Map.of()))
                .getMessage().contains("longer than"));
        assertThrows(IllegalArgumentException.class, () -> new TemplateLimits(0, 1, 1, Duration.ofSeconds(1)));
    }

    @Test
    void fiveThousandMessagesAndLongTextsRender() {
        List<Map<String, String>> messages = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            messages.add(Map.of("role", i % 2 == 0 ? "user" : "assistant", "content", "message " + i));
        }
        ChatTemplate template = ChatTemplates.byName("mistral").orElseThrow();
        Map<String, Object> tokens = Map.of("messages", messages, "bos_token", "<s>", "eos_token", "</s>");
        // The bound is loose: what it takes warm is in docs/chat-templates.md, here it is that no quadratic work happens.
        assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertTrue(template.render(tokens).endsWith("message 4999</s>")));
        String text = "lorem ipsum ".repeat(100_000);
        assertTrue(assertTimeoutPreemptively(Duration.ofSeconds(10), () -> template.render(Map.of("messages",
                List.of(Map.of("role", "user", "content", text)), "bos_token", "<s>", "eos_token", "</s>"))).contains(text));
    }
}
