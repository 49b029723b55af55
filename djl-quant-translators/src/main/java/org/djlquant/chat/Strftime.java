package org.djlquant.chat;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.IsoFields;
import java.util.Locale;

/** C's strftime in the C locale, for a time without a zone, as {@code datetime.now().strftime} formats it. */
final class Strftime {

    private Strftime() {}

    static String format(String format, Clock clock) {
        ZonedDateTime now = ZonedDateTime.now(clock);
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                out.append(c);
                continue;
            }
            char directive = format.charAt(++i);
            boolean bare = directive == '-' && i + 1 < format.length();
            if (bare) {
                directive = format.charAt(++i);
            }
            String text = directive(directive, now, clock);
            if (text == null) {
                out.append(bare ? "%-" : "%").append(directive);
            } else {
                out.append(bare ? text.replaceFirst("^[0 ]+(?=.)", "") : text);
            }
        }
        return out.toString();
    }

    private static String directive(char directive, ZonedDateTime now, Clock clock) {
        int hour12 = (now.getHour() + 11) % 12 + 1;
        int weekday = now.getDayOfWeek().getValue() % 7;
        int yearDay = now.getDayOfYear() - 1;
        return switch (directive) {
            case 'Y' -> String.valueOf(now.getYear());
            case 'C' -> two(now.getYear() / 100);
            case 'y' -> two(now.getYear() % 100);
            case 'm' -> two(now.getMonthValue());
            case 'd' -> two(now.getDayOfMonth());
            case 'e' -> "%2d".formatted(now.getDayOfMonth());
            case 'H' -> two(now.getHour());
            case 'k' -> "%2d".formatted(now.getHour());
            case 'I' -> two(hour12);
            case 'l' -> "%2d".formatted(hour12);
            case 'M' -> two(now.getMinute());
            case 'S' -> two(now.getSecond());
            case 'f' -> "%06d".formatted(now.getNano() / 1000);
            case 'p' -> now.getHour() < 12 ? "AM" : "PM";
            case 'P' -> now.getHour() < 12 ? "am" : "pm";
            case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            case 'j' -> "%03d".formatted(now.getDayOfYear());
            case 'u' -> String.valueOf(now.getDayOfWeek().getValue());
            case 'w' -> String.valueOf(weekday);
            case 'U' -> two((yearDay + 7 - weekday) / 7);
            case 'W' -> two((yearDay + 7 - (weekday + 6) % 7) / 7);
            case 'V' -> two(now.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
            case 'G' -> String.valueOf(now.get(IsoFields.WEEK_BASED_YEAR));
            case 'g' -> two(now.get(IsoFields.WEEK_BASED_YEAR) % 100);
            case 's' -> String.valueOf(now.getLong(ChronoField.INSTANT_SECONDS));
            case 'z', 'Z' -> "";
            case 'n' -> "\n";
            case 't' -> "\t";
            case '%' -> "%";
            case 'F' -> format("%Y-%m-%d", clock);
            case 'D', 'x' -> format("%m/%d/%y", clock);
            case 'T', 'X' -> format("%H:%M:%S", clock);
            case 'R' -> format("%H:%M", clock);
            case 'r' -> format("%I:%M:%S %p", clock);
            case 'c' -> format("%a %b %e %H:%M:%S %Y", clock);
            default -> null;
        };
    }

    private static String two(int n) {
        return n < 10 ? "0" + n : String.valueOf(n);
    }
}
