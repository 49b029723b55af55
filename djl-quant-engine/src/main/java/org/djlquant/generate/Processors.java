package org.djlquant.generate;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processors of a request's parameters, in the order of transformers ({@code GenerationMixin._get_logits_processor} of
 * 4.51). They keep nothing between calls but scratch, so one list serves all beams of a request; not thread-safe.
 */
final class Processors {
    static final float REMOVED = Float.NEGATIVE_INFINITY;

    private Processors() {}

    /** The processors that a configuration asks for, the caller's own last; empty if scores stay as they are. */
    static List<LogitsProcessor> of(GenerationConfig config) {
        List<LogitsProcessor> chain = new ArrayList<>();
        Map<Integer, Float> bias = config.get(Parameter.LOGIT_BIAS);
        if (!bias.isEmpty()) {
            chain.add((tokens, scores, n) -> bias.forEach((token, value) -> scores[token] += value));
        }
        if (config.get(Parameter.REPETITION_PENALTY) != 1) {
            chain.add(new RepetitionPenalty(config.get(Parameter.REPETITION_PENALTY)));
        }
        float frequency = config.get(Parameter.FREQUENCY_PENALTY);
        float presence = config.get(Parameter.PRESENCE_PENALTY);
        if (frequency != 0 || presence != 0) {
            chain.add(new CountPenalty(frequency, presence));
        }
        int ngram = config.get(Parameter.NO_REPEAT_NGRAM_SIZE);
        if (ngram > 0) {
            chain.add((tokens, scores, n) -> forbidRepeats(ngram, tokens, scores));
        }
        Set<Integer> ends = config.endTokens();
        List<List<Integer>> bad = config.get(Parameter.BAD_WORDS_IDS).stream()
                .filter(sequence -> sequence.size() > 1 || !ends.contains(sequence.getFirst()))
                .toList();
        if (!bad.isEmpty()) {
            chain.add((tokens, scores, n) -> bad.forEach(sequence -> forbidEnd(sequence, tokens, scores)));
        }
        int least = config.get(Parameter.MIN_NEW_TOKENS);
        if (least > 0 && !ends.isEmpty()) {
            chain.add((tokens, scores, n) -> {
                if (tokens.answerLength() < least) {
                    // a model may name end tokens that it does not have
                    ends.stream().filter(end -> end < n).forEach(end -> scores[end] = REMOVED);
                }
            });
        }
        if (config.get(Parameter.LOGITS_PROCESSOR) != LogitsProcessor.NONE) {
            chain.add(config.get(Parameter.LOGITS_PROCESSOR));
        }
        return chain;
    }

    /** Keskar et al. 2019 (CTRL): positive scores are divided by the penalty, negative ones multiplied, once for each token. */
    private static final class RepetitionPenalty implements LogitsProcessor {
        private final float penalty;
        private final BitSet seen = new BitSet();

        RepetitionPenalty(float penalty) {
            this.penalty = penalty;
        }

        @Override
        public void process(TokenHistory tokens, float[] scores, int vocabulary) {
            seen.clear();
            for (int i = 0; i < tokens.length(); i++) {
                int token = tokens.get(i);
                if (!seen.get(token)) {
                    seen.set(token);
                    scores[token] = scores[token] < 0 ? scores[token] * penalty : scores[token] / penalty;
                }
            }
        }
    }

    /** OpenAI's two penalties: score − count · frequency − (count > 0) · presence, over the answer alone. */
    private static final class CountPenalty implements LogitsProcessor {
        private final float frequency;
        private final float presence;
        private int[] counts = {};

        CountPenalty(float frequency, float presence) {
            this.frequency = frequency;
            this.presence = presence;
        }

        @Override
        public void process(TokenHistory tokens, float[] scores, int vocabulary) {
            if (counts.length < vocabulary) {
                counts = new int[vocabulary];
            }
            for (int i = tokens.promptLength(); i < tokens.length(); i++) {
                counts[tokens.get(i)]++;
            }
            for (int i = tokens.promptLength(); i < tokens.length(); i++) {
                int token = tokens.get(i);
                if (counts[token] > 0) {
                    scores[token] -= counts[token] * frequency + presence;
                    counts[token] = 0; // done, and ready for the next call
                }
            }
        }
    }

    /** Forbids each token that would complete a group of {@code size} tokens which stands in the history already. */
    private static void forbidRepeats(int size, TokenHistory tokens, float[] scores) {
        int length = tokens.length();
        for (int start = 0; start + size <= length; start++) {
            boolean same = true;
            for (int i = 0; i < size - 1 && same; i++) {
                same = tokens.get(start + i) == tokens.get(length - size + 1 + i);
            }
            if (same) {
                scores[tokens.get(start + size - 1)] = REMOVED;
            }
        }
    }

    /** Forbids the last token of a sequence where the others stand at the end of the history. */
    private static void forbidEnd(List<Integer> sequence, TokenHistory tokens, float[] scores) {
        int before = sequence.size() - 1;
        // like transformers, which does not look at a sequence longer than the history
        if (before > 0 && before >= tokens.length()) {
            return;
        }
        for (int i = 0; i < before; i++) {
            if (tokens.get(tokens.length() - before + i) != sequence.get(i)) {
                return;
            }
        }
        scores[sequence.get(before)] = REMOVED;
    }
}
