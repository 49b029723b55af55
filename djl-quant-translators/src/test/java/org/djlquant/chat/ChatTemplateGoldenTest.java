package org.djlquant.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Everything the reference rendered or refused, rendered or refused the same way. */
class ChatTemplateGoldenTest {

    private final Map<String, ChatTemplate> compiled = new HashMap<>();

    private String result(ChatGolden.Case golden) {
        try {
            ChatTemplate template = compiled.get(golden.source());
            if (template == null) {
                template = ChatTemplate.of(golden.source()).withClock(ChatGolden.clock());
                compiled.put(golden.source(), template);
            }
            return "text " + template.render(golden.variables());
        } catch (ChatTemplateException e) {
            // A template that does not compile fails in every case alike.
            return "error " + e.kind();
        }
    }

    private List<String> differences(List<ChatGolden.Case> cases) {
        List<String> differences = new ArrayList<>();
        for (ChatGolden.Case golden : cases) {
            String expected = golden.output() == null ? "error " + golden.error() : "text " + golden.output();
            String actual = result(golden);
            if (!Objects.equals(expected, actual) && !isUnsupported(golden.source())) {
                differences.add(golden.name() + "\n  expected " + expected + "\n  but was  " + actual);
            }
        }
        return differences;
    }

    /** Links for web pages have no place in prompts: docs/chat-templates.md says so. */
    private static boolean isUnsupported(String source) {
        return source.contains("|urlize");
    }

    @Test
    void everyTemplateRendersEveryConversationAsTransformersDoes() {
        List<ChatGolden.Case> cases = ChatGolden.renderings();
        assertTrue(cases.size() > 6000, "the golden file is incomplete: " + cases.size());
        List<String> differences = differences(cases);
        assertTrue(differences.isEmpty(), () -> differences.size() + " differ:\n" + String.join("\n", differences));
    }

    @Test
    void everySnippetEvaluatesAsJinjaDoes() {
        List<ChatGolden.Case> cases = ChatGolden.snippets();
        assertTrue(cases.size() > 3000, "the golden file is incomplete: " + cases.size());
        List<String> differences = differences(cases);
        assertTrue(differences.isEmpty(), () -> differences.size() + " differ:\n" + String.join("\n", differences));
    }

    @Test
    void spansOfARenderingConcatenateToIt() {
        for (ChatGolden.Case golden : ChatGolden.renderings()) {
            if (golden.output() != null) {
                ChatTemplate template = compiled.computeIfAbsent(golden.source(),
                        source -> ChatTemplate.of(source).withClock(ChatGolden.clock()));
                StringBuilder joined = new StringBuilder();
                template.renderSpans(golden.variables()).forEach(span -> joined.append(span.text()));
                assertEquals(golden.output(), joined.toString(), golden.name());
            }
        }
    }
}
