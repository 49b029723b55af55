package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.djlquant.chat.ToolCall;
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.LogitsProcessor;
import org.djlquant.generate.Parameter;
import org.djlquant.generate.StoppingCriteria;
import org.djlquant.tokenizer.Tokenizer;
import org.djlquant.tokenizer.Tokenizers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TextGenerationTest {
    private static final Path VOCABULARY = Path.of("src/test/resources/golden/tokenizer/gguf-sentencepiece/model.gguf");
    private static final String ANSWER = "The miller walked to the river.";

    private Checkpoint checkpoint;
    private Tokenizer tokenizer;
    private ScriptedModel model;
    private TextGeneration text;

    @BeforeEach
    void open() {
        checkpoint = Checkpoints.open(VOCABULARY);
        tokenizer = Tokenizers.open(checkpoint);
        model = new ScriptedModel(tokenizer.vocabularySize(), answer(ANSWER));
        text = TextGeneration.open(model, checkpoint, Map.of("chat_template", "zephyr"));
    }

    @AfterEach
    void close() {
        text.close();
        tokenizer.close();
        checkpoint.close();
    }

    private int[] answer(String words) {
        return IntStream.concat(IntStream.of(tokenizer.encode(words, false)), IntStream.of(2)).toArray();
    }

    @Test
    void aParameterOfNullIsTheDefault() {
        assertEquals(Map.of(), ChatInput.of("x").with("seed", 1).with("seed", null).parameters());
        assertEquals(Map.of(), new CompletionInput("x").with("seed", null).parameters());
    }

    @Test
    void answersAConversation() {
        ChatOutput output = text.generate(ChatInput.of("Where did he go?"));
        assertEquals(ANSWER, output.text());
        assertEquals("stop", output.finishReason());
        assertEquals(tokenizer.encode(ANSWER, false).length, output.usage().completionTokens());
        assertEquals(text.promptTokens(ChatInput.of("Where did he go?")).length, output.usage().promptTokens());
        assertEquals(0, model.openSequences);
    }

    @Test
    void writesConversationsByTheTemplate() {
        ChatInput chat = new ChatInput(List.of(ChatMessage.system("Be brief."), ChatMessage.user("Hi</s>")));
        String rendered = text.render(chat);
        assertEquals("<|system|>\nBe brief.</s>\n<|user|>\nHi</s></s>\n<|assistant|>\n", rendered);
        int[] ids = text.promptTokens(chat);
        // BOS once; the template's two ends of turns, not the user's
        assertEquals(1, ids[0]);
        assertEquals(1, IntStream.of(ids).filter(id -> id == 1).count());
        assertEquals(2, IntStream.of(ids).filter(id -> id == 2).count());
        assertArrayEquals(tokenizer.encode("a <s> b", true), text.promptTokens(new CompletionInput("a <s> b")));
    }

    @Test
    void aModelWithoutTemplateSaysSoButContinuesTexts() {
        try (TextGeneration bare = TextGeneration.open(model, checkpoint)) {
            String message = assertThrows(UnsupportedModelException.class, () -> bare.generate(ChatInput.of("Hi"))).getMessage();
            assertTrue(message.contains("chat_template") && message.contains("zephyr"), message);
            // a continuation keeps the space before its first word
            assertEquals(" " + ANSWER, bare.generate(new CompletionInput("Then:")).text());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> TextGeneration.open(model, checkpoint, Map.of("chat_template", "no-such")));
    }

    @Test
    void stopsAtAStopStringAcrossTokens() {
        for (String stop : List.of("walked", "er wal", "T", ".", "ver.")) {
            List<String> pieces = new ArrayList<>();
            ChatOutput output = text.generate(
                    ChatInput.of("Hi").with("stop", List.of("nowhere", stop)), pieces::add, new Cancellation());
            assertEquals(ANSWER.substring(0, ANSWER.indexOf(stop)), output.text());
            assertEquals(output.text(), String.join("", pieces));
            assertEquals("stop", output.finishReason());
        }
    }

    @Test
    void endsAtTheLimit() {
        ChatOutput output = text.generate(ChatInput.of("Hi").with("max_new_tokens", 3));
        assertEquals("length", output.finishReason());
        assertEquals(3, output.usage().completionTokens());
        assertTrue(ANSWER.startsWith(output.text()));
    }

    @Test
    void streamsTheSameAnswer() {
        try (TextStream stream = text.stream(ChatInput.of("Hi"))) {
            assertEquals(0, model.runsOfPasses.size());
            StringBuilder pieces = new StringBuilder();
            int count = 0;
            while (stream.hasNext()) {
                pieces.append(stream.next());
                count++;
            }
            assertEquals(ANSWER, pieces.toString());
            assertTrue(count > 5, count + " pieces");
            assertEquals(ANSWER, stream.result().text());
            assertEquals("stop", stream.result().finishReason());
        }
        assertEquals(0, model.openSequences);
    }

    @Test
    void aClosedStreamComputesNothingMore() {
        TextStream stream = text.stream(ChatInput.of("Hi"));
        assertTrue(stream.hasNext());
        stream.next();
        int passes = model.runsOfPasses.size();
        stream.close();
        stream.close();
        assertFalse(stream.hasNext());
        assertEquals(passes, model.runsOfPasses.size());
        assertEquals("cancelled", stream.result().finishReason());
        assertEquals(0, model.openSequences);
    }

    @Test
    void aCancellationOrAnInterruptEndsIt() {
        Cancellation cancellation = new Cancellation();
        ChatOutput output = text.generate(ChatInput.of("Hi"), piece -> cancellation.cancel(), cancellation);
        assertEquals("cancelled", output.finishReason());
        assertTrue(output.usage().completionTokens() <= 2, output.toString());
        Thread.currentThread().interrupt();
        assertEquals("cancelled", text.generate(ChatInput.of("Hi")).finishReason());
        assertTrue(Thread.interrupted());
    }

    @Test
    void aBatchDecodesTogether() {
        ChatOutput alone = text.generate(ChatInput.of("Hi"));
        int passesAlone = model.runsOfPasses.size();
        model.runsOfPasses.clear();
        List<ChatOutput> outputs = text.generate(List.of(ChatInput.of("Hi"), ChatInput.of("Ho"), new CompletionInput("x")));
        assertEquals(List.of(ANSWER, ANSWER, " " + ANSWER), outputs.stream().map(ChatOutput::text).toList());
        assertEquals(alone.usage(), outputs.getFirst().usage());
        assertEquals(passesAlone, model.runsOfPasses.size());
        assertTrue(model.runsOfPasses.stream().allMatch(runs -> runs == 3), model.runsOfPasses.toString());
        assertEquals(List.of(), text.generate(List.of()));
        model.runsOfPasses.clear();
        assertEquals(70, text.generate(Collections.nCopies(70, ChatInput.of("Hi"))).size());
        assertEquals(32, Collections.max(model.runsOfPasses), "caches of all inputs at once could be too large");
    }

    @Test
    void onePieceOfAStopStringIsHeldUntilDecided() {
        List<String> pieces = new ArrayList<>();
        text.generate(ChatInput.of("Hi").with("stop", "river!"), pieces::add, new Cancellation());
        assertEquals(ANSWER, String.join("", pieces));
        assertTrue(pieces.stream().noneMatch(piece -> piece.endsWith("rive")), pieces.toString());
    }

    @Test
    void reportsLogProbabilitiesIfAsked() {
        assertEquals(List.of(), text.generate(ChatInput.of("Hi")).logProbs());
        List<TokenLogProb> tokens = text.generate(ChatInput.of("Hi").with("logprobs", true).with("top_logprobs", 2)).logProbs();
        assertEquals(" " + ANSWER, tokens.stream().map(TokenLogProb::token).collect(Collectors.joining()));
        // one token has the logit 5, the others 0
        double expected = -Math.log1p((tokenizer.vocabularySize() - 1) * Math.exp(-5));
        for (TokenLogProb token : tokens) {
            assertEquals(expected, token.logProb(), 1e-4);
            assertEquals(2, token.top().size());
            assertEquals(token.id(), token.top().getFirst().id());
        }
    }

    @Test
    void badRequestsFailBeforeAnyWork() {
        assertThrows(IllegalArgumentException.class, () -> text.generate(ChatInput.of("Hi").with("top_p", 7)));
        assertThrows(IllegalArgumentException.class, () -> text.stream(ChatInput.of("Hi").with("no_such", 7)));
        assertThrows(IllegalArgumentException.class, () -> text.generate(ChatInput.of("Hi ".repeat(2000))));
        assertThrows(IllegalArgumentException.class, () -> text.check(ChatInput.of("Hi ".repeat(2000))));
        assertEquals(0, model.runsOfPasses.size());
        assertEquals(0, model.openSequences);
    }

    @Test
    void aClosedModelEndsWhatRunsOnIt() {
        TextStream stream = text.stream(ChatInput.of("Hi"));
        assertTrue(stream.hasNext());
        stream.next();
        model.close();
        assertThrows(IllegalStateException.class, () -> {
            while (stream.hasNext()) {
                stream.next();
            }
        });
        assertEquals(0, model.openSequences);
        assertThrows(IllegalStateException.class, () -> text.generate(ChatInput.of("Hi")));
    }

    @Test
    void knowsItsEndTokens() {
        assertEquals(Set.of(2), text.eosTokenIds());
        assertEquals(GenerationConfig.DEFAULTS.with(Parameter.EOS_TOKEN_ID, Set.of(2)), text.defaults());
    }

    @Test
    void severalAnswersShareThePrompt() {
        ChatOutput output = text.generate(ChatInput.of("Hi").with("n", 3));
        assertEquals(ANSWER, output.text());
        assertEquals(List.of(ANSWER, ANSWER), output.alternatives().stream().map(ChatOutput::text).toList());
        assertEquals(1, model.runsOfPasses.getFirst(), "the prompt runs once");
        assertEquals(3, model.runsOfPasses.get(1));
        ChatInput sampled = ChatInput.of("Hi").with("temperature", 9).with("max_new_tokens", 12).with("seed", 5);
        ChatOutput three = text.generate(sampled.with("n", 3));
        assertEquals(text.generate(sampled).text(), three.text());
        assertEquals(text.generate(sampled.with("seed", 7)).text(), three.alternatives().getLast().text());
        assertThrows(IllegalArgumentException.class, () -> text.stream(ChatInput.of("Hi").with("n", 3)));
        assertEquals(0, model.openSequences);
    }

    @Test
    void badWordsDoNotOccurHoweverTheyAreSplit() {
        for (String word : List.of("river", "iver", "to the", "r.", " wal")) {
            String found = text.generate(ChatInput.of("Hi").with("bad_words", List.of("nowhere", word))).text();
            assertFalse(found.contains(word), found);
            assertTrue(found.startsWith(ANSWER.substring(0, Math.max(0, ANSWER.indexOf(word) - 3))), found);
        }
        assertEquals(ANSWER, text.generate(ChatInput.of("Hi").with("bad_words", "s>")).text(), "end tokens have no text");
    }

    @Test
    void echoGivesThePromptBackWithItsLogProbabilities() {
        CompletionInput input = new CompletionInput("Once upon a").with("echo", true).with("logprobs", true);
        ChatOutput scored = text.generate(input.with("max_new_tokens", 0));
        assertEquals("Once upon a", scored.text());
        assertEquals("length", scored.finishReason());
        int[] prompt = text.promptTokens(input);
        assertArrayEquals(prompt, scored.logProbs().stream().mapToInt(TokenLogProb::id).toArray());
        assertTrue(Double.isNaN(scored.logProbs().getFirst().logProb()));
        assertTrue(scored.logProbs().stream().skip(1).allMatch(token -> token.logProb() < 0));
        assertEquals(0, scored.usage().completionTokens());
        ChatOutput continued = text.generate(input.with("max_new_tokens", 4));
        assertTrue(continued.text().startsWith("Once upon a"), continued.text());
        assertEquals(prompt.length + 4, continued.logProbs().size());
        assertThrows(IllegalArgumentException.class, () -> text.generate(ChatInput.of("Hi").with("echo", true)));
    }

    @Test
    void beamsAreSearchedAndStopAtStopStrings() {
        ChatInput beams = ChatInput.of("Hi").with("num_beams", 3);
        assertEquals(ANSWER, text.generate(beams).text());
        ChatOutput two = text.generate(beams.with("n", 2).with("logprobs", 1));
        assertEquals(1, two.alternatives().size());
        assertEquals(two.usage().completionTokens(), two.logProbs().size());
        ChatOutput stopped = text.generate(beams.with("stop", "er wal"));
        assertEquals("The mill", stopped.text());
        assertEquals("stop", stopped.finishReason());
        try (TextStream stream = text.stream(beams)) {
            assertEquals(ANSWER, stream.result().text());
        }
        Cancellation cancellation = new Cancellation();
        cancellation.cancel();
        assertEquals("cancelled", text.generate(beams, piece -> {}, cancellation).finishReason());
        assertEquals(0, model.openSequences);
    }

    @Test
    void javaCallersConstrainAndEndAnswers() {
        LogitsProcessor noFullStop = (tokens, scores, vocabulary) ->
                scores[tokenizer.tokenId(".")] = Float.NEGATIVE_INFINITY;
        StoppingCriteria three = tokens -> tokens.answerLength() == 3;
        ChatOutput output = text.generate(ChatInput.of("Hi").with("stopping_criteria", three));
        assertEquals(3, output.usage().completionTokens());
        assertEquals("stop", output.finishReason());
        assertFalse(text.generate(ChatInput.of("Hi").with("logits_processor", noFullStop)).text().contains("."));
        for (String bad : List.of("40000=1", "-5=1")) {
            String message = assertThrows(
                            IllegalArgumentException.class, () -> text.check(ChatInput.of("Hi").with("logit_bias", bad)))
                    .getMessage();
            assertTrue(message.contains("logit_bias"), message);
        }
        assertEquals(0, text.generate(ChatInput.of("Hi").with("stop_token_ids", answer(ANSWER)[0])).usage().completionTokens());
        int more = text.generate(ChatInput.of("Hi").with("min_new_tokens", 30)).usage().completionTokens();
        assertTrue(more >= 30, more + " tokens");
    }

    @Test
    void takesToolCallsOutOfTheAnswer() {
        String template = "{% for m in messages %}[{{ m.role }}]{{ m.content }}"
                + "{% for c in m.tool_calls %}<tool_call>{{ c.function | tojson }}</tool_call>{% endfor %}"
                + "{% if m.tool_call_id is defined %}({{ m.tool_call_id }}){% endif %}{% endfor %}{% if tools %}{{ tools | tojson }}{% endif %}";
        String words = "Let me see.\n<tool_call>\n{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\", \"days\": 2}}\n</tool_call>";
        ScriptedModel calling = new ScriptedModel(tokenizer.vocabularySize(), answer(words));
        try (TextGeneration agent = TextGeneration.open(calling, checkpoint, Map.of("chat_template", template))) {
            ChatInput question = new ChatInput(
                    List.of(ChatMessage.user("Weather?")), List.of(Map.of("type", "function")), Map.of());
            List<String> pieces = new ArrayList<>();
            ChatOutput output = agent.generate(question, pieces::add, new Cancellation());
            assertEquals("tool_calls", output.finishReason());
            assertEquals("Let me see.", output.text());
            assertEquals("Let me see.", String.join("", pieces).strip());
            assertTrue(pieces.size() > 2, "content streams before a call begins");
            ToolCall call = output.toolCalls().getFirst();
            assertEquals("weather", call.name());
            assertEquals(Map.of("city", "Bern", "days", 2L), call.arguments());
            assertTrue(call.id().matches("[a-zA-Z0-9]{9}"), call.id());
            // the same text without tools is only text
            assertEquals(words, agent.generate(ChatInput.of("Weather?")).text());

            ChatInput next = new ChatInput(
                    List.of(ChatMessage.user("Weather?"), output.message(), ChatMessage.tool(call, "sunny")), question.tools(), Map.of());
            assertEquals(
                    "[user]Weather?[assistant]Let me see.<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Bern\", \"days\": 2}}"
                            + "</tool_call>[tool]sunny(" + call.id() + ")[{\"type\": \"function\"}]",
                    agent.render(next));
        }
    }
}
