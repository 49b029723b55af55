package org.djlquant.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ChatTemplateTest {

    private static ChatTemplateException fails(String template, Map<String, ?> variables) {
        return assertThrows(ChatTemplateException.class, () -> ChatTemplate.of(template).render(variables));
    }

    @Test
    void syntaxErrorsTellLineAndColumn() {
        ChatTemplateException e = assertThrows(ChatTemplateException.class, () -> ChatTemplate.of("a\n  {{ x ! y }}"));
        assertEquals(ChatTemplateException.Kind.SYNTAX, e.kind());
        assertEquals(2, e.line());
        assertEquals(8, e.column());
        assertTrue(e.getMessage().startsWith("chat template, line 2, column 8: unexpected char '!'"), e.getMessage());
    }

    @Test
    void runtimeErrorsTellTheLineAndTheTemplatesOwnMessage() {
        ChatTemplateException raised = fails("a\nb\n{{ raise_exception('Roles must alternate') }}", Map.of());
        assertEquals(ChatTemplateException.Kind.RAISED, raised.kind());
        assertEquals("Roles must alternate", raised.templateMessage());
        assertEquals(3, raised.line());
        ChatTemplateException undefined = fails("{% for m in messages %}\n{{ m.content.x.y }}{% endfor %}",
                Map.of("messages", List.of(Map.of("role", "user"))));
        assertEquals(ChatTemplateException.Kind.UNDEFINED, undefined.kind());
        assertEquals("chat template, line 2: 'dict object' has no attribute 'content'", undefined.getMessage());
    }

    @Test
    void inputsAreCopiedAndUserTextIsNeverEvaluated() {
        List<Object> messages = new ArrayList<>(List.of(new HashMap<>(Map.of("role", "user", "content", "{{ 7*7 }}"))));
        String before = messages.toString();
        assertEquals("{{ 7*7 }}", ChatTemplate.of("{{ messages[0].content }}").render(Map.of("messages", messages)));
        assertEquals(ChatTemplateException.Kind.SECURITY, fails("{{ messages.append(1) }}", Map.of("messages", messages)).kind());
        assertEquals(ChatTemplateException.Kind.SECURITY, fails("{{ messages[0].pop('role') }}", Map.of("messages", messages)).kind());
        assertEquals(before, messages.toString());
    }

    @Test
    void everyJavaValueHasItsPythonType() {
        Map<String, Object> variables = new HashMap<>();
        variables.put("v", new Object[] {1, 2L, (short) 3, 1.5f, 2.0, true, 'c', "s", null, new int[] {4},
                new java.math.BigDecimal("0.5"), Map.of("k", List.of())});
        assertEquals("[1, 2, 3, 1.5, 2.0, True, 'c', 's', None, [4], 0.5, {'k': []}]", ChatTemplate.of("{{ v }}").render(variables));
        ChatTemplateException e = fails("x", Map.of("v", new Object()));
        assertTrue(e.getMessage().contains("'v' holds a java.lang.Object"), e.getMessage());
    }

    @Test
    void javaIsOutOfReach() {
        for (String expression : List.of("''.getClass()", "''.class.forName('x')", "messages.getClass()", "range.__globals__.x",
                "raise_exception.name.x", "''.__class__.__mro__", "namespace.__init__.x", "'{0.__class__.__mro__}'.format('')")) {
            ChatTemplateException e = fails("{{ " + expression + " }}", Map.of("messages", List.of()));
            assertTrue(e.kind() == ChatTemplateException.Kind.UNDEFINED || e.kind() == ChatTemplateException.Kind.SECURITY,
                    expression + ": " + e.getMessage());
        }
    }

    @Test
    void oneTemplateServesManyThreads() {
        ChatTemplate template = ChatTemplate.of("{% for i in range(n) %}{{ i }},{% endfor %}");
        java.util.stream.IntStream.range(0, 200).parallel().forEach(n -> {
            String text = template.render(Map.of("n", n));
            assertEquals(n, text.chars().filter(c -> c == ',').count());
        });
    }

    @Test
    void builtInTemplatesAreFoundByNameAndByModel() {
        for (String name : ChatTemplates.names()) {
            assertTrue(ChatTemplates.byName(name).isPresent(), name);
        }
        assertTrue(ChatTemplates.byName("nothing").isEmpty());
        Map<String, String> models = Map.of("HuggingFaceH4/zephyr-7b-beta", "zephyr", "TinyLlama-1.1B-Chat-v1.0", "zephyr",
                "TheBloke/Llama-2-13B-chat-GPTQ", "llama-2-chat", "Mistral-7B-Instruct-v0.1", "mistral-instruct-v0.1",
                "mistral-7b-instruct-v0.2.Q4_K_M.gguf", "mistral-instruct-v0.2", "Qwen2.5-0.5B-Instruct", "qwen2",
                "google/gemma-2-2b-it", "gemma", "Meta-Llama-3-8B-Instruct", "llama-3", "Llama 3.2 1B Instruct", "llama-3.1",
                "lmsys/vicuna-7b-v1.5", "vicuna");
        models.forEach((model, name) -> assertEquals(ChatTemplates.byName(name), ChatTemplates.forModel(model), model));
        assertTrue(ChatTemplates.forModel("mistralai/Mistral-7B-v0.1").isEmpty());
        assertTrue(ChatTemplates.forModel("facebook/opt-125m").isEmpty());
    }

    @Test
    void zephyrRendersAsPublished() {
        Map<String, Object> variables = Map.of("eos_token", "</s>", "add_generation_prompt", true, "messages",
                List.of(Map.of("role", "system", "content", "Be kind."), Map.of("role", "user", "content", "Hi")));
        assertEquals("<|system|>\nBe kind.</s>\n<|user|>\nHi</s>\n<|assistant|>\n",
                ChatTemplates.byName("zephyr").orElseThrow().render(variables));
    }
}
