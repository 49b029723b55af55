package org.djlquant.translate;

import java.util.List;

/**
 * Cuts a growing text at the first stop string, wherever token borders lie. Text that may turn out to
 * be the beginning of a stop string is held back until that is decided. Not thread-safe.
 */
final class StopStrings {
    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean hit;

    StopStrings(List<String> stops) {
        this.stops = stops;
    }

    /** Whether a stop string was found; nothing more is given out then. */
    boolean hit() {
        return hit;
    }

    /** Adds text; returns what is now certain to come before any stop string. */
    String add(String piece) {
        if (hit) {
            return "";
        }
        if (stops.isEmpty()) {
            return piece;
        }
        held.append(piece);
        int at = firstStop();
        if (at >= 0) {
            hit = true;
            return take(at);
        }
        return take(held.length() - undecided());
    }

    /** What was held back and is certain now that nothing follows. */
    String finish() {
        return hit ? "" : take(held.length());
    }

    private String take(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }

    /** Where the stop string begins that is complete first, which does not depend on how the text came in pieces. */
    private int firstStop() {
        int first = -1;
        int end = Integer.MAX_VALUE;
        for (String stop : stops) {
            int at = held.indexOf(stop);
            if (at >= 0 && (at + stop.length() < end || at + stop.length() == end && at < first)) {
                first = at;
                end = at + stop.length();
            }
        }
        return first;
    }

    /** Length of the longest end of the held text that is the beginning of a stop string. */
    private int undecided() {
        int longest = 0;
        for (String stop : stops) {
            for (int n = Math.min(stop.length() - 1, held.length()); n > longest; n--) {
                if (stop.startsWith(held.substring(held.length() - n))) {
                    longest = n;
                }
            }
        }
        return longest;
    }
}
