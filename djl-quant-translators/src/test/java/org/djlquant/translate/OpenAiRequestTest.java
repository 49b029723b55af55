package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
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
