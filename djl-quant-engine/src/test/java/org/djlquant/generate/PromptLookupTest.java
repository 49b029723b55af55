package org.djlquant.generate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
    private final FakeModel model = new FakeModel(50, 1000);

    private static GenerationConfig config(int tokens, float temperature, int lookup, Integer... eos) {
        return GenerationConfig.greedy(tokens).with(Map.of(
                "temperature", temperature, "top_k", 0, "repetition_penalty", 1.1, "seed", 7, "eos_token_id", Set.of(eos),
                "prompt_lookup_num_tokens", lookup));
    }

    private static int[] prompt(int... tokens) {
        return tokens;
    }

    @Test
    void guessesWhatFollowedTheLongestAndLatestMatch() {
        PromptLookup lookup = new PromptLookup(prompt(1, 2, 3, 40, 9, 2, 3, 50, 8, 2, 3, 60, 1, 2, 3), 4);
        int[] guess = new int[5];
        assertEquals(4, lookup.guess(guess, 1, 10));
        assertArrayEquals(prompt(0, 40, 9, 2, 3), guess, "three tokens match at the beginning");
        lookup.accept(7);
        assertEquals(0, lookup.guess(guess, 1, 10));
        lookup.accept(2);
        lookup.accept(3);
        assertEquals(2, lookup.guess(guess, 0, 2), "two tokens match several times, the latest is before 7");
        assertArrayEquals(prompt(7, 2), Arrays.copyOf(guess, 2));
        assertEquals(0, lookup.guess(guess, 0, 0));
    }

    @Test
    void guessesShrinkAfterAMissAndGrowAgain() {
        PromptLookup lookup = new PromptLookup(prompt(1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2), 6);
        int[] guess = new int[8];
        assertEquals(6, lookup.guess(guess, 0, 8));
        lookup.learn(6, 2);
        assertEquals(2, lookup.guess(guess, 0, 8));
        lookup.learn(2, 0);
        assertEquals(1, lookup.guess(guess, 0, 8));
        lookup.learn(1, 1);
        lookup.learn(2, 2);
        lookup.learn(4, 4);
        assertEquals(6, lookup.guess(guess, 0, 8));
    }

    @Test
    void aTextThatRepeatsItselfTakesFewerPassesThanTokens() {
        model.rule = tokens -> (tokens.getLast() + 1) % 10; // 0 1 2 … 9 0 1 2 …
        int[] prompt = prompt(3, 4);
        Generation plain = Generator.generate(model, new Request(prompt, config(60, 0, 0)));
        assertEquals(60, model.passes.size());
        model.passes.clear();
        Generation fast = Generator.generate(model, new Request(prompt, config(60, 0, 10)));
        assertArrayEquals(plain.tokens(), fast.tokens());
        assertTrue(model.passes.size() <= 20, () -> model.passes.size() + " passes");
        assertEquals(60, model.passes.size() + fast.acceptedTokens());
        assertTrue(fast.draftTokens() >= fast.acceptedTokens());
        assertEquals(0, plain.draftTokens());
        assertEquals(0, model.openSequences());
    }

    @Test
    void sampledTokensAreThoseOfTheSameSeedWithout() {
        // half of the time the token goes on counting, so that guesses are right and wrong by turns
        model.rule = tokens -> (tokens.getLast() + 1) % 6;
        for (int i = 0; i < 20; i++) {
            int[] prompt = prompt(i, i + 1, 3);
            Generation plain = Generator.generate(model, new Request(prompt, config(80, 0.45f, 0)));
            Generation fast = Generator.generate(model, new Request(prompt, config(80, 0.45f, 5)));
            assertArrayEquals(plain.tokens(), fast.tokens(), "prompt " + i);
            assertTrue(fast.acceptedTokens() > 0 && fast.acceptedTokens() < fast.draftTokens(), fast::toString);
        }
    }

    @Test
    void listenersStreamsAndProcessorsSeeTheSame() {
        model.rule = tokens -> (tokens.getLast() + 1) % 10;
        List<Integer> heard = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        Request request = new Request(
                prompt(0, 1),
                config(50, 0, 8).with(
                        Parameter.LOGITS_PROCESSOR, (tokens, scores, vocabulary) -> counts.add(tokens.answerLength())),
                token -> {
                    heard.add(token);
                    return heard.size() < 33;
                },
                new Cancellation());
        List<Integer> streamed = new ArrayList<>();
        Generation result;
        try (TokenStream stream = TokenStream.open(model, request)) {
            stream.forEachRemaining((int token) -> streamed.add(token));
            result = stream.result();
        }
        assertEquals(33, streamed.size());
        assertEquals(heard, streamed);
        assertEquals(heard, Arrays.stream(result.tokens()).boxed().toList());
        assertEquals(FinishReason.STOP, result.finish());
        for (int i = 0; i < 33; i++) {
            assertEquals((i + 2) % 10, heard.get(i));
            assertEquals(i, counts.get(i), "each token is processed once, in order");
        }
        assertEquals(0, model.openSequences());
    }

    @Test
    void anEndTokenAmongTheGuessesEndsTheAnswer() {
        model.rule = tokens -> tokens.size() < 40 ? (tokens.getLast() + 1) % 10 : 49;
        Generation generation = Generator.generate(model, new Request(prompt(0, 1), config(100, 0, 8, 49)));
        assertEquals(38, generation.tokens().length);
        assertEquals(FinishReason.STOP, generation.finish());
    }

    @Test
    void guessesRespectTheContextAndTheLimit() {
        FakeModel small = new FakeModel(50, 23);
        small.rule = tokens -> (tokens.getLast() + 1) % 5;
        int[] prompt = prompt(0, 1, 2, 3, 4, 0, 1);
        for (int tokens = 1; tokens < 22; tokens++) {
            Generation plain = Generator.generate(small, new Request(prompt, config(tokens, 0, 0)));
            Generation fast = Generator.generate(small, new Request(prompt, config(tokens, 0, 7)));
            assertArrayEquals(plain.tokens(), fast.tokens());
            assertEquals(plain.finish(), fast.finish());
        }
    }

    @Test
    void anExceptionAmongTheGuessesFreesEverything() {
        model.rule = tokens -> (tokens.getLast() + 1) % 10;
        int[] heard = {0};
        TokenListener failing = token -> {
            if (++heard[0] == 30) {
                throw new IllegalStateException("listener");
            }
            return true;
        };
        Request request = new Request(prompt(0, 1), config(50, 0, 8), failing, new Cancellation());
        assertThrows(IllegalStateException.class, () -> Generator.generate(model, request));
        assertEquals(0, model.openSequences());
    }

    @Test
    void theRangeIsChecked() {
        String message = assertThrows(IllegalArgumentException.class, () -> config(1, 0, 33)).getMessage();
        assertTrue(message.contains("prompt_lookup_num_tokens") && message.contains("32") && message.contains("33"), message);
    }
}
