package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.djlquant.chat.ToolCall;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiRequestTest {

    @Test
    void readsAConversation() {
        OpenAiRequest request = OpenAiRequest.parse(
                """
                {"model": "m", "user": "u", "stream": true, "stream_options": {"include_usage": true}, "n": 1, "logprobs": null,
                 "messages": [{"role": "system", "content": "Be brief."},
                              {"role": "user", "content": [{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}]}],
                 "tools": [{"type": "function", "function": {"name": "f", "x": 1, "y": 1.5}}],
                 "max_tokens": 5, "stop": ["a"], "parallel_tool_calls": true}""");
        ChatInput chat = (ChatInput) request.input();
        assertEquals(List.of(ChatMessage.system("Be brief."), ChatMessage.user("Hello")), chat.messages());
        assertEquals(Map.of("max_tokens", 5L, "n", 1L, "stop", List.of("a")), chat.parameters());
        Map<?, ?> function = (Map<?, ?>) chat.tools().getFirst().get("function");
        assertEquals(1L, function.get("x"));
        assertEquals(1.5, function.get("y"));
        assertTrue(request.stream() && request.includeUsage());
        assertEquals("m", request.model());
    }

    @Test
    void readsToolCallsAndTheirOutcomes() {
        OpenAiRequest request = OpenAiRequest.parse(
                """
                {"messages": [{"role": "user", "content": "Weather?"},
                              {"role": "assistant", "content": null, "tool_calls": [
                                {"id": "a1", "type": "function", "function": {"name": "f", "arguments": "{\\"x\\": [1, 2.5]}"}},
                                {"type": "function", "function": {"name": "g", "arguments": {}}}]},
                              {"role": "tool", "tool_call_id": "a1", "name": "f", "content": "sunny"}],
                 "tools": [{"type": "function"}], "tool_choice": "none"}""");
        ChatInput chat = (ChatInput) request.input();
        ToolCall f = new ToolCall("a1", "f", Map.of("x", List.of(1L, 2.5)));
        assertEquals(
                List.of(
                        ChatMessage.user("Weather?"),
                        ChatMessage.assistant(null, List.of(f, new ToolCall(null, "g", Map.of()))),
                        ChatMessage.tool(f, "sunny")),
                chat.messages());
        assertEquals(List.of(), chat.tools(), "none of them may be called");
    }

    @Test
    void answersWithToolCallsAndLogProbabilities() {
        OpenAiRequest request = OpenAiRequest.parse("{\"model\": \"m\", \"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");
        ToolCall call = new ToolCall("a1", "f", Map.of("q", "a<b"));
        TokenLogProb token = new TokenLogProb("é", 7, -0.5, List.of(new TokenLogProb("\uFFFD", 8, -1e9, List.of())));
        ChatOutput output = new ChatOutput(
                "", "tool_calls", new Usage(3, 2, 1, 0, 0), new Timings(4, 5), List.of(token), List.of(call), List.of());
        String json = new OpenAiResponse(request).whole(output);
        for (String part : List.of(
                "\"content\":null,\"tool_calls\":[{\"id\":\"a1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"q\\\":\\\"a<b\\\"}\"}}]",
                "{\"token\":\"é\",\"logprob\":-0.5,\"bytes\":[195,169],\"top_logprobs\":[{\"token\":\"\uFFFD\",\"logprob\":-9999.0,\"bytes\":null}]}",
                "\"finish_reason\":\"tool_calls\"",
                "\"prompt_ms\":4.0")) {
            assertTrue(json.contains(part), part + " in " + json);
        }
        String events = new OpenAiResponse(request).piece(new AnswerPiece(1, "", List.of(), output));
        assertTrue(events.contains("\"index\":1,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a1\""), events);
    }

    @Test
    void completionsReportLogProbabilitiesSideBySide() {
        OpenAiRequest request = OpenAiRequest.parse("{\"prompt\": \"ab\"}");
        List<TokenLogProb> tokens = List.of(
                new TokenLogProb("ab", 1, Double.NaN, List.of()),
                new TokenLogProb("c", 2, -1, List.of(new TokenLogProb("d", 3, -0.5, List.of()))));
        OpenAiResponse response = new OpenAiResponse(request);
        String first = response.piece(new AnswerPiece(0, "abc", tokens, null));
        assertTrue(first.contains("{\"tokens\":[\"ab\",\"c\"],\"token_logprobs\":[null,-1.0],\"top_logprobs\":[null,{\"d\":-0.5}],"
                + "\"text_offset\":[0,2]}"), first);
        String second = response.piece(new AnswerPiece(0, "c", tokens.subList(1, 2), null));
        assertTrue(second.contains("\"text_offset\":[3]"), second);
    }

    @Test
    void readsATextToContinue() {
        OpenAiRequest request = OpenAiRequest.parse("{\"prompt\": \"Once\", \"temperature\": 0.5}");
        assertEquals(new CompletionInput("Once", Map.of("temperature", 0.5)), request.input());
        assertFalse(request.stream());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', value = {
        "[]|JSON object",
        "{|JSON object",
        "{\"prompt\":\"a\",\"messages\":[]}|either",
        "{}|either",
        "{\"messages\":[]}|at least one message",
        "{\"messages\":5}|a list",
        "{\"messages\":[5]}|messages[0]",
        "{\"messages\":[{\"role\":\"user\"}]}|messages[0].content",
        "{\"messages\":[{\"content\":\"x\"}]}|messages[0].role",
        "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}|not text",
        "{\"prompt\":\"a\",\"best_of\":2}|best_of is not supported and must be 1",
        "{\"prompt\":\"a\",\"response_format\":{\"type\":\"json_object\"}}|response_format",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":5}|tools must be",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tools\":[null]}|tools must be",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"required\"}|tool_choice must be auto or none",
        "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"[\"}}]}]}|messages[0].tool_calls",
        "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"logits_processor\":\"x\"}|unknown field logits_processor",
        "{\"prompt\":\"a\",\"temprature\":1}|unknown field temprature; known are"
    })
    void aBadRequestSaysWhatIsWrong(String json, String expected) {
        String message = assertThrows(IllegalArgumentException.class, () -> OpenAiRequest.parse(json)).getMessage();
        assertTrue(message.contains(expected), message);
    }
}
