package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.djlquant.chat.ChatTemplateException;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
import org.djlquant.tokenizer.Tokenizer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read beside the weights: chat templates, end tokens, default parameters. */
class CheckpointTextsTest {
    private static final List<ChatMessage> HELLO = List.of(ChatMessage.user("hello"));

    private final Map<String, String> files = new HashMap<>();
    private final Map<String, String> keys = new HashMap<>();
    private final Checkpoint checkpoint = mock(Checkpoint.class);
    private final Tokenizer tokenizer = mock(Tokenizer.class);

    @BeforeEach
    void stub() {
        Metadata metadata = mock(Metadata.class);
        when(metadata.keys()).thenReturn(keys.keySet());
        when(metadata.has(anyString())).thenAnswer(call -> keys.containsKey((String) call.getArgument(0)));
        when(metadata.string(anyString())).thenAnswer(call -> Optional.ofNullable(keys.get((String) call.getArgument(0))));
        when(metadata.integer(anyString()))
                .thenAnswer(call -> Optional.ofNullable(keys.get((String) call.getArgument(0))).map(Long::valueOf));
        when(checkpoint.path()).thenReturn(Path.of("some-folder"));
        when(checkpoint.metadata()).thenReturn(metadata);
        when(checkpoint.companion(anyString())).thenAnswer(call -> Optional.ofNullable(files.get((String) call.getArgument(0))));
        when(tokenizer.tokenId(anyString())).thenReturn(-1);
        when(tokenizer.specialToken("eos_token")).thenReturn("</s>");
    }

    private String render(String option, List<Map<String, Object>> tools) {
        return new CheckpointConversation(checkpoint, tokenizer, option)
                .render(HELLO, tools).stream().map(Tokenizer.Span::text).collect(Collectors.joining());
    }

    private String render() {
        return render(null, List.of());
    }

    @Test
    void findsTheTemplateWhereverItIs() {
        keys.put("tokenizer.chat_template", "gguf {{ messages[0].content }}{{ eos_token }}");
        assertEquals("gguf hello</s>", render());
        files.put("tokenizer_config.json", "{\"chat_template\": \"config {{ add_generation_prompt }}\"}");
        assertEquals("config True", render());
        files.put("chat_template.jinja", "file");
        assertEquals("file", render());
        assertEquals("option", render("{{ 'option' }}", List.of()));
        assertEquals("<|user|>\nhello</s>\n<|assistant|>\n", render("zephyr", List.of()));
    }

    @Test
    void refusesARoleThatTheTemplateWouldLeaveOut() {
        List<ChatMessage> wizard = List.of(ChatMessage.user("hello"), new ChatMessage("wizard", "abracadabra"));
        CheckpointConversation zephyr = new CheckpointConversation(checkpoint, tokenizer, "zephyr");
        String message = assertThrows(IllegalArgumentException.class, () -> zephyr.render(wizard, List.of())).getMessage();
        assertTrue(message.contains("messages[1].role") && message.endsWith("found wizard"), message);
        CheckpointConversation chatml = new CheckpointConversation(checkpoint, tokenizer, "chatml");
        assertTrue(chatml.render(wizard, List.of()).stream().anyMatch(span -> span.text().contains("wizard")), "chatml writes any role");
        CheckpointConversation own = new CheckpointConversation(
                checkpoint, tokenizer, "{% for m in messages %}{% if m.role == 'wizard' %}{{ m.content }}{% endif %}{% endfor %}");
        assertEquals("abracadabra", own.render(wizard, List.of()).getFirst().text());
    }

    @Test
    void takesTheTemplateForToolsIfThereIsOne() {
        files.put(
                "tokenizer_config.json",
                "{\"chat_template\": [{\"name\": \"default\", \"template\": \"plain\"},"
                        + " {\"name\": \"tool_use\", \"template\": \"{{ tools[0].name }}\"}]}");
        List<Map<String, Object>> tools = List.of(Map.of("name", "clock"));
        assertEquals("plain", render());
        assertEquals("clock", render(null, tools));
        files.clear();
        keys.put("tokenizer.chat_template", "plain");
        assertEquals("plain", render(null, tools));
        keys.put("tokenizer.chat_template.tool_use", "gguf tools");
        assertEquals("gguf tools", render(null, tools));
    }

    @Test
    void goesByTheNameOfTheModelOtherwise() {
        assertThrows(UnsupportedModelException.class, this::render);
        keys.put("general.name", "Zephyr 7B beta");
        assertEquals("<|user|>\nhello</s>\n<|assistant|>\n", render());
    }

    @Test
    void aBrokenTemplateIsAnErrorWhenItIsUsed() {
        files.put("chat_template.jinja", "{% if %}");
        Conversation conversation = new CheckpointConversation(checkpoint, tokenizer, null);
        assertThrows(ChatTemplateException.class, () -> conversation.render(HELLO, List.of()));
        files.clear();
        files.put("tokenizer_config.json", "{\"chat_template\": [5]}");
        String message = assertThrows(ModelFormatException.class, this::render).getMessage();
        assertTrue(message.contains("tokenizer_config.json"), message);
    }

    @Test
    void userTextIsMarked() {
        files.put("chat_template.jinja", "a{{ messages[0].content }}b");
        assertEquals(
                List.of(new Tokenizer.Span("a", true), new Tokenizer.Span("hello", false), new Tokenizer.Span("b", true)),
                new CheckpointConversation(checkpoint, tokenizer, null).render(HELLO, List.of()));
    }

    @Test
    void collectsEndTokensFromEverywhere() {
        files.put("generation_config.json", "{\"eos_token_id\": [5, 6]}");
        files.put("config.json", "{\"eos_token_id\": 7, \"vocab_size\": 20}");
        keys.put("tokenizer.ggml.eot_token_id", "8");
        when(tokenizer.tokenId("</s>")).thenReturn(9);
        when(tokenizer.tokenId("<|im_end|>")).thenReturn(10);
        when(tokenizer.decode(new int[] {10}, true)).thenReturn("");
        // an ordinary token of that text, and an id beyond the vocabulary
        when(tokenizer.tokenId("<|end|>")).thenReturn(11);
        when(tokenizer.decode(new int[] {11}, true)).thenReturn("<|end|>");
        keys.put("tokenizer.ggml.eos_token_id", "4294967295");
        assertEquals(Set.of(5, 6, 7, 8, 9, 10), ModelDefaults.of(checkpoint, tokenizer, 20).endTokens());
    }

    @Test
    void readsDefaultParameters() {
        files.put("generation_config.json", "{\"temperature\": 0.6, \"top_p\": 0.9, \"max_length\": 4096}");
        GenerationConfig greedy = ModelDefaults.of(checkpoint, tokenizer, 20);
        assertEquals(0.9f, greedy.get(Parameter.TOP_P));
        assertFalse(greedy.get(Parameter.DO_SAMPLE), "a temperature alone does not turn sampling on");
        files.put("generation_config.json", "{\"do_sample\": true, \"temperature\": 0.6, \"top_k\": null, \"num_beams\": 4,"
                + " \"bad_words_ids\": [[7, 8]], \"eos_token_id\": 3}");
        GenerationConfig sampled = ModelDefaults.of(checkpoint, tokenizer, 20);
        assertTrue(sampled.get(Parameter.DO_SAMPLE));
        assertEquals(0.6f, sampled.get(Parameter.TEMPERATURE));
        assertEquals(50, sampled.get(Parameter.TOP_K));
        assertEquals(1, sampled.get(Parameter.NUM_BEAMS), "beams are not drawn at random");
        assertEquals(List.of(List.of(7, 8)), sampled.get(Parameter.BAD_WORDS_IDS));
    }

    @Test
    void aBadGenerationConfigIsNamed() {
        for (String json : List.of("[", "[]", "{\"top_p\": 7}")) {
            files.put("generation_config.json", json);
            String message = assertThrows(ModelFormatException.class, () -> ModelDefaults.of(checkpoint, tokenizer, 20))
                    .getMessage();
            assertTrue(message.contains("generation_config.json"), message);
        }
    }
}
