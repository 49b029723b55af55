package org.djlquant.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ToolCallFormatTest {

    private static final Map<String, Object> PARIS = Map.of("location", "Paris");

    private static ToolCall weather(String id) {
        return new ToolCall(id, "get_weather", PARIS);
    }

    private static void assertContent(ToolCallFormat format, String answer) {
        assertEquals(new ToolAnswer(answer, List.of()), format.parse(answer), answer);
    }

    @Test
    void llamaWritesTheCallAsItsWholeAnswer() {
        String call = "{\"name\": \"get_weather\", \"parameters\": {\"location\": \"Paris\"}}";
        ToolAnswer one = new ToolAnswer("", List.of(weather(null)));
        assertEquals(one, ToolCallFormat.LLAMA_3.parse(call));
        assertEquals(one, ToolCallFormat.LLAMA_3.parse("<|python_tag|>" + call + "<|eom_id|>"));
        assertEquals(one, ToolCallFormat.LLAMA_3.parse("\n" + call + "<|eot_id|>\n"));
        assertEquals(2, ToolCallFormat.LLAMA_3.parse(call + "; " + call).toolCalls().size());
        assertContent(ToolCallFormat.LLAMA_3, "The call is " + call);
        assertContent(ToolCallFormat.LLAMA_3, call + " is what I would call");
        assertContent(ToolCallFormat.LLAMA_3, "{\"name\": \"Bob\", \"age\": 3}");
        assertContent(ToolCallFormat.LLAMA_3, "{\"name\": \"get_weather\", \"parameters\": {\"loc");
        assertContent(ToolCallFormat.LLAMA_3, "Hello");
        assertContent(ToolCallFormat.LLAMA_3, "");
    }

    @Test
    void hermesWritesCallsBetweenTags() {
        String call = "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"location\": \"Paris\"}}\n</tool_call>";
        assertEquals(new ToolAnswer("", List.of(weather(null))), ToolCallFormat.HERMES.parse(call));
        assertEquals(new ToolAnswer("Let me see.", List.of(weather(null), weather(null))),
                ToolCallFormat.HERMES.parse("Let me see.\n" + call + "\n" + call));
        assertEquals(new ToolAnswer("", List.of(weather(null))), ToolCallFormat.HERMES.parse(call.replace("\n</tool_call>", "")));
        assertEquals(new ToolAnswer("<tool_call>oops</tool_call>", List.of(weather(null))),
                ToolCallFormat.HERMES.parse("<tool_call>oops</tool_call>\n" + call));
        assertEquals(new ToolAnswer("", List.of(weather(null))), ToolCallFormat.HERMES.parse(
                "<tool_call>{\"name\": \"get_weather\", \"arguments\": \"{\\\"location\\\": \\\"Paris\\\"}\"}</tool_call>"));
        assertContent(ToolCallFormat.HERMES, "I will <tool_call>{\"name\": ");
        assertContent(ToolCallFormat.HERMES, " plain ");
    }

    @Test
    void mistralWritesAListOrNames() {
        String list = "[{\"name\": \"get_weather\", \"arguments\": {\"location\": \"Paris\"}, \"id\": \"abcdefghi\"}]";
        ToolAnswer one = new ToolAnswer("", List.of(weather("abcdefghi")));
        assertEquals(one, ToolCallFormat.MISTRAL.parse("[TOOL_CALLS] " + list + "</s>"));
        assertEquals(one, ToolCallFormat.MISTRAL.parse(list));
        assertEquals(new ToolAnswer("Well.", one.toolCalls()), ToolCallFormat.MISTRAL.parse("Well.[TOOL_CALLS]" + list));
        assertEquals(new ToolAnswer("", List.of(weather(null), weather("x1"))), ToolCallFormat.MISTRAL.parse(
                "[TOOL_CALLS]get_weather[ARGS]{\"location\": \"Paris\"}[TOOL_CALLS]get_weather[CALL_ID]x1[ARGS]{\"location\": \"Paris\"}"));
        assertEquals(new ToolAnswer("", List.of(weather(null))),
                ToolCallFormat.MISTRAL.parse("[TOOL_CALLS]get_weather{\"location\": \"Paris\"}"));
        assertContent(ToolCallFormat.MISTRAL, "[TOOL_CALLS] nothing");
        assertContent(ToolCallFormat.MISTRAL, "[1, 2]");
        assertContent(ToolCallFormat.MISTRAL, "[{\"a\": 1}]");
    }

    @Test
    void argumentsKeepTheirTypesAndOrder() {
        ToolCall call = ToolCallFormat.LLAMA_3.parse("{\"name\": \"f\", \"parameters\": {\"i\": 1, \"d\": 1.0, \"big\": 12345678901234567890,"
                + " \"t\": true, \"n\": null, \"l\": [1, {\"k\": \"\\u00e9\\n\\\"\"}]}}").toolCalls().getFirst();
        assertEquals("[i, d, big, t, n, l]", call.arguments().keySet().toString());
        assertEquals(List.of(1L, 1.0, new java.math.BigInteger("12345678901234567890"), true),
                List.copyOf(call.arguments().values()
                        .stream().filter(java.util.Objects::nonNull).limit(4).toList()));
        assertEquals(List.of(1L, Map.of("k", "é\n\"")), call.arguments().get("l"));
    }

    @Test
    void deepNestingIsContent() {
        String deep = "{\"name\": \"f\", \"parameters\": " + "[".repeat(100_000);
        for (ToolCallFormat format : ToolCallFormat.values()) {
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertTrue(format.parse("<tool_call>" + deep).toolCalls().isEmpty()));
            assertTimeoutPreemptively(Duration.ofSeconds(10), () -> assertTrue(format.parse(deep).toolCalls().isEmpty()));
        }
    }

    @Test
    void templatesTellTheirFormat() {
        assertEquals(Optional.of(ToolCallFormat.LLAMA_3), ToolCallFormat.ofTemplate(ChatTemplates.byName("llama-3.1").orElseThrow().source()));
        assertEquals(Optional.of(ToolCallFormat.MISTRAL), ToolCallFormat.ofTemplate(ChatTemplates.byName("mistral-nemo").orElseThrow().source()));
        assertEquals(Optional.empty(), ToolCallFormat.ofTemplate(ChatTemplates.byName("zephyr").orElseThrow().source()));
        Map<String, ToolCallFormat> published = Map.of("Qwen-Qwen2.5-7B-Instruct", ToolCallFormat.HERMES, "Qwen-Qwen3-0.6B", ToolCallFormat.HERMES,
                "meta-llama-Llama-3.1-8B-Instruct", ToolCallFormat.LLAMA_3, "mistralai-Mistral-Nemo-Instruct-2407", ToolCallFormat.MISTRAL,
                "NousResearch-Hermes-3-Llama-3.1-8B-tool_use", ToolCallFormat.HERMES);
        long found = ChatGolden.renderings().stream().filter(golden -> golden.name().endsWith(" / one")).filter(golden -> {
            ToolCallFormat expected = published.get(golden.name().replace(" / one", ""));
            if (expected != null) {
                assertEquals(Optional.of(expected), ToolCallFormat.ofTemplate(golden.source()), golden.name());
            }
            return expected != null;
        }).count();
        assertEquals(published.size(), found);
    }

    @Test
    void certainContentNeverHoldsACall() {
        assertEquals(5, ToolCallFormat.HERMES.certainContent("Hello<too"));
        assertEquals(6, ToolCallFormat.HERMES.certainContent("Hello <tool_call>{"));
        assertEquals(9, ToolCallFormat.HERMES.certainContent("Hello<tax"));
        assertEquals(0, ToolCallFormat.LLAMA_3.certainContent("  "));
        assertEquals(0, ToolCallFormat.LLAMA_3.certainContent("{\"name\""));
        assertEquals(0, ToolCallFormat.LLAMA_3.certainContent("<|pyth"));
        assertEquals(3, ToolCallFormat.LLAMA_3.certainContent("Yes"));
        assertEquals(0, ToolCallFormat.MISTRAL.certainContent("["));
        assertEquals(0, ToolCallFormat.MISTRAL.certainContent("[{\"name\""));
        assertEquals(0, ToolCallFormat.MISTRAL.certainContent("[TOOL"));
        assertEquals(4, ToolCallFormat.MISTRAL.certainContent("[1] "));
    }
}
