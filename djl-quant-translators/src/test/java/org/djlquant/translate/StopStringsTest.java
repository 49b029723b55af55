package org.djlquant.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopStringsTest {

    @Test
    void holdsBackWhatMayBecomeAStopString() {
        StopStrings stops = new StopStrings(List.of("STOP", "TOP!"));
        assertEquals("abc ", stops.add("abc S"));
        assertEquals("", stops.add("TO"));
        assertEquals("STOX", stops.add("X"));
        assertFalse(stops.hit());
    }

    @Test
    void cutsAtTheFirstOfSeveral() {
        StopStrings stops = new StopStrings(List.of("World", "lo W"));
        assertEquals("Hel", stops.add("Hello World"));
        assertTrue(stops.hit());
        assertEquals("", stops.add("more"));
        assertEquals("", stops.finish());
    }

    @Test
    void givesOutWhatTurnedOutHarmless() {
        StopStrings stops = new StopStrings(List.of("aab"));
        assertEquals("", stops.add("aa"));
        assertEquals("a", stops.add("a"));
        assertEquals("aac", stops.add("c"));
        assertEquals("", stops.add("a"));
        assertEquals("a", stops.finish());
        assertFalse(stops.hit());
    }

    /** Against the plain definition: the text before the stop string that is complete first, however it is cut. */
    @Test
    void agreesWithTheDefinitionOnRandomTexts() {
        Random random = new Random(3);
        for (int round = 0; round < 2000; round++) {
            String text = random.ints(random.nextInt(30), 'a', 'd').collect(StringBuilder::new, StringBuilder::appendCodePoint,
                    StringBuilder::append).toString();
            List<String> list = List.of(word(random), word(random));
            StopStrings stops = new StopStrings(list);
            StringBuilder out = new StringBuilder();
            for (int i = 0; i < text.length(); ) {
                int n = Math.min(text.length() - i, 1 + random.nextInt(4));
                out.append(stops.add(text.substring(i, i + n)));
                i += n;
            }
            out.append(stops.finish());
            assertEquals(definition(text, list), out.toString(), text + " " + list);
        }
    }

    private static String definition(String text, List<String> stops) {
        for (int end = 1; end <= text.length(); end++) {
            String seen = text.substring(0, end);
            int cut = stops.stream().filter(seen::endsWith).mapToInt(String::length).max().orElse(0);
            if (cut > 0) {
                return seen.substring(0, end - cut);
            }
        }
        return text;
    }

    private static String word(Random random) {
        return "abcab".substring(random.nextInt(3), 3 + random.nextInt(3));
    }
}
