package org.djlquant.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Numbers;

/** Reads JSON (RFC 8259) that may be followed by something else, as it stands in a model's answer. */
final class JsonReader {

    /** Thrown for anything that is not JSON. */
    static final class MalformedJsonException extends Exception {
        private static final long serialVersionUID = 1L;

        MalformedJsonException(int position) {
            super("not JSON at " + position);
        }
    }

    private static final int MAX_DEPTH = 100;

    private final String text;
    private int position;
    private int depth;

    JsonReader(String text, int position) {
        this.text = text;
        this.position = position;
    }

    /** Where reading goes on. */
    int position() {
        return position;
    }

    /** Skips white space; whether the text goes on with a character, which is then skipped too. */
    boolean skip(char c) {
        while (position < text.length() && " \t\r\n".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        if (position < text.length() && text.charAt(position) == c) {
            position++;
            return true;
        }
        return false;
    }

    /** The next value: a map, list, string, Long, BigInteger, Double, Boolean or null. */
    Object value() throws MalformedJsonException {
        if (skip('{')) {
            return object();
        }
        if (skip('[')) {
            return array();
        }
        if (skip('"')) {
            return string();
        }
        for (String word : List.of("true", "false", "null")) {
            if (text.startsWith(word, position)) {
                position += word.length();
                return word.equals("null") ? null : (Object) word.equals("true");
            }
        }
        return number();
    }

    private MalformedJsonException malformed() {
        return new MalformedJsonException(position);
    }

    private void enter() throws MalformedJsonException {
        if (++depth > MAX_DEPTH) {
            throw malformed();
        }
    }

    private Map<String, Object> object() throws MalformedJsonException {
        enter();
        Map<String, Object> map = new LinkedHashMap<>();
        if (!skip('}')) {
            do {
                if (!skip('"')) {
                    throw malformed();
                }
                String key = string();
                if (!skip(':')) {
                    throw malformed();
                }
                map.put(key, value());
            } while (skip(','));
            if (!skip('}')) {
                throw malformed();
            }
        }
        depth--;
        return map;
    }

    private List<Object> array() throws MalformedJsonException {
        enter();
        List<Object> list = new ArrayList<>();
        if (!skip(']')) {
            do {
                list.add(value());
            } while (skip(','));
            if (!skip(']')) {
                throw malformed();
            }
        }
        depth--;
        return list;
    }

    private String string() throws MalformedJsonException {
        StringBuilder out = new StringBuilder();
        while (position < text.length()) {
            char c = text.charAt(position++);
            if (c == '"') {
                return out.toString();
            }
            // Models write line ends into strings as they are; no reader of theirs minds.
            out.append(c == '\\' ? escape() : c);
        }
        throw malformed();
    }

    private char escape() throws MalformedJsonException {
        char c = position < text.length() ? text.charAt(position++) : 0;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> {
                int code = 0;
                for (int i = 0; i < 4; i++) {
                    int digit = position < text.length() ? Character.digit(text.charAt(position++), 16) : -1;
                    if (digit < 0) {
                        throw malformed();
                    }
                    code = code * 16 + digit;
                }
                yield (char) code;
            }
            default -> throw malformed();
        };
    }

    private Object number() throws MalformedJsonException {
        int start = position;
        while (position < text.length() && "+-.eE0123456789".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        String number = text.substring(start, position);
        if (!number.matches("-?(0|[1-9]\\d*)(\\.\\d+)?([eE][+-]?\\d+)?") || number.length() > 4300) {
            throw malformed();
        }
        return number.matches("-?\\d+") ? Numbers.norm(new BigInteger(number)) : (Object) Double.valueOf(number);
    }
}
