package org.djlquant.translate;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.generate.LogitsProcessor;
import org.djlquant.generate.TokenHistory;

/**
 * Forbids each token that would complete a text which must not occur, however that text is split into tokens. Used by one
 * answer at a time.
 */
final class BadWords implements LogitsProcessor {
    private final String[] tokenTexts;
    private final List<String> words;
    private final int longest;
    /** Tokens that complete a word, by what is missing of it: a whole one (*) anywhere in them, a rest (^) at their beginning. */
    private final Map<String, int[]> completing = new HashMap<>();

    /**
     * Bans texts.
     *
     * @param tokenTexts text of each token, empty for special ones; not changed
     */
    BadWords(String[] tokenTexts, List<String> words) {
        this.tokenTexts = tokenTexts;
        this.words = words;
        longest = words.stream().mapToInt(String::length).max().orElse(0);
    }

    @Override
    public void process(TokenHistory tokens, float[] scores, int vocabulary) {
        String tail = tail(tokens);
        for (String word : words) {
            forbid(word, word, scores);
            for (int there = Math.min(word.length() - 1, tail.length()); there > 0; there--) {
                if (word.startsWith(tail.substring(tail.length() - there))) {
                    forbid(word, word.substring(there), scores);
                }
            }
        }
    }

    /** The end of the answer, long enough for the beginning of any word. */
    private String tail(TokenHistory tokens) {
        StringBuilder tail = new StringBuilder();
        for (int i = tokens.length() - 1; i >= tokens.promptLength() && tail.length() < longest; i--) {
            tail.insert(0, tokenTexts[tokens.get(i)]);
        }
        return tail.toString();
    }

    private void forbid(String word, String missing, float[] scores) {
        boolean whole = missing.equals(word);
        int[] ids = completing.computeIfAbsent((whole ? "*" : "^") + missing, unused -> {
            List<Integer> found = new ArrayList<>();
            for (int id = 0; id < tokenTexts.length; id++) {
                if (whole ? tokenTexts[id].contains(missing) : tokenTexts[id].startsWith(missing)) {
                    found.add(id);
                }
            }
            return found.stream().mapToInt(Integer::intValue).toArray();
        });
        for (int id : ids) {
            scores[id] = Float.NEGATIVE_INFINITY;
        }
    }
}
