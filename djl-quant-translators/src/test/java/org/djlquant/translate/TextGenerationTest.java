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
import org.djlquant.format.Checkpoint;
import org.djlquant.format.Checkpoints;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.generate.Cancellation;
import org.djlquant.generate.GenerationConfig;
import org.djlquant.generate.Parameter;
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
}
