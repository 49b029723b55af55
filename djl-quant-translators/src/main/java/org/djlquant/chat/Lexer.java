package org.djlquant.chat;

import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/**
 * Cuts a template into tokens as Jinja's lexer does with {@code trim_blocks} and {@code lstrip_blocks}:
 * the first newline after a block is dropped, and so are the blanks between the start of a line and a
 * block; {@code -} strips all white space on its side and {@code +} switches both rules off there.
 */
final class Lexer {

    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
        "=", ".", ":", "|", ",", ";"
    };

    private final String source;
    private final int[] lineStarts;
    private final List<Token> tokens = new ArrayList<>();
    private int pos;
    private boolean lineStarting = true;

    Lexer(String template) {
        String normal = template.replace("\r\n", "\n").replace('\r', '\n');
        // Jinja drops one newline at the end of the source, whatever follows from trim_blocks.
        source = normal.endsWith("\n") ? normal.substring(0, normal.length() - 1) : normal;
        int[] starts = new int[16];
        int n = 1;
        for (int i = source.indexOf('\n'); i >= 0; i = source.indexOf('\n', i + 1)) {
            if (n == starts.length) {
                starts = Arrays.copyOf(starts, n * 2);
            }
            starts[n++] = i + 1;
        }
        lineStarts = Arrays.copyOf(starts, n);
    }

    /** All tokens, an EOF last. */
    List<Token> tokens() {
        while (pos < source.length()) {
            root();
        }
        tokens.add(new Token(Token.Type.EOF, "", source.length()));
        return tokens;
    }

    /** Line of an offset, from 1. */
    int line(int offset) {
        int i = Arrays.binarySearch(lineStarts, offset);
        return i >= 0 ? i + 1 : -i - 1;
    }

    ChatTemplateException error(String message, int offset) {
        int line = line(offset);
        return new ChatTemplateException(ChatTemplateException.Kind.SYNTAX, message, line,
                offset - lineStarts[line - 1] + 1);
    }

    private void root() {
        int open = pos;
        char kind;
        while (true) {
            open = source.indexOf('{', open);
            if (open < 0 || open + 1 >= source.length()) {
                data(source.substring(pos));
                pos = source.length();
                return;
            }
            kind = source.charAt(open + 1);
            if (kind == '{' || kind == '%' || kind == '#') {
                break;
            }
            open++;
        }
        int rawBody = kind == '%' ? afterRaw(open) : -1;
        char sign = signAt(open + 2);
        data(stripped(source.substring(pos, open), sign, kind == '{'));
        int begin = open + 2 + (sign == 0 ? 0 : 1);
        if (rawBody >= 0) {
            raw(open, rawBody);
        } else if (kind == '#') {
            comment(open, begin);
        } else {
            pos = begin;
            lineStarting = false;
            tokens.add(new Token(kind == '{' ? Token.Type.VARIABLE_BEGIN : Token.Type.BLOCK_BEGIN, "", open));
            code(kind == '{');
        }
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Token.Type.DATA, text, pos));
        }
    }

    private char signAt(int offset) {
        char c = offset < source.length() ? source.charAt(offset) : 0;
        return c == '-' || c == '+' ? c : 0;
    }

    /** Text before a tag, without the white space that its sign or lstrip_blocks takes away. */
    private String stripped(String text, char sign, boolean variable) {
        if (sign == '-') {
            return StringMethods.rstrip(text);
        }
        if (sign == 0 && !variable) {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || lineStarting) && lineBegin < text.length()
                    && StringMethods.isSpace(text.substring(lineBegin))) {
                return text.substring(0, lineBegin);
            }
        }
        return text;
    }

    private int skipSpace(int offset) {
        int i = offset;
        while (i < source.length() && StringMethods.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Where the content of a raw block begins if one opens here, else −1. */
    private int afterRaw(int open) {
        int i = skipSpace(open + 2 + (signAt(open + 2) == 0 ? 0 : 1));
        if (!source.startsWith("raw", i)) {
            return -1;
        }
        i = skipSpace(i + 3);
        if (source.startsWith("-%}", i)) {
            return skipSpace(i + 3);
        }
        return source.startsWith("%}", i) ? i + 2 : -1;
    }

    private void raw(int open, int body) {
        lineStarting = source.charAt(body - 1) == '\n';
        for (int end = source.indexOf("{%", body); end >= 0; end = source.indexOf("{%", end + 1)) {
            char sign = signAt(end + 2);
            int i = skipSpace(end + 2 + (sign == 0 ? 0 : 1));
            if (!source.startsWith("endraw", i)) {
                continue;
            }
            int after = blockEnd(skipSpace(i + 6));
            if (after >= 0) {
                pos = body;
                data(stripped(source.substring(body, end), sign, false));
                leave(after);
                return;
            }
        }
        if (body < source.length()) {
            throw error("Missing end of raw directive", open);
        }
        pos = body;
    }

    private void comment(int open, int begin) {
        int close = source.indexOf("#}", begin);
        if (begin == source.length()) {
            // Jinja asks for the end only where a character of the comment is left.
            pos = begin;
            return;
        }
        if (close < 0) {
            throw error("Missing end of comment tag", open);
        }
        char before = close > begin ? source.charAt(close - 1) : 0;
        int after = close + 2;
        if (before == '-') {
            after = skipSpace(after);
        } else if (before != '+' && source.startsWith("\n", after)) {
            after++;
        }
        leave(after);
    }

    private void leave(int after) {
        lineStarting = source.charAt(after - 1) == '\n';
        pos = after;
    }

    /** Offset after a block's end mark if one is here, else −1. */
    private int blockEnd(int offset) {
        if (source.startsWith("+%}", offset)) {
            return offset + 3;
        }
        if (source.startsWith("-%}", offset)) {
            return skipSpace(offset + 3);
        }
        if (source.startsWith("%}", offset)) {
            return source.startsWith("\n", offset + 2) ? offset + 3 : offset + 2;
        }
        return -1;
    }

    private int variableEnd(int offset) {
        if (source.startsWith("-}}", offset)) {
            return skipSpace(offset + 3);
        }
        return source.startsWith("}}", offset) ? offset + 2 : -1;
    }

    private void code(boolean variable) {
        Deque<Character> open = new ArrayDeque<>();
        while (pos < source.length()) {
            int start = pos;
            if (open.isEmpty()) {
                int after = variable ? variableEnd(pos) : blockEnd(pos);
                if (after >= 0) {
                    tokens.add(new Token(variable ? Token.Type.VARIABLE_END : Token.Type.BLOCK_END, "", start));
                    leave(after);
                    return;
                }
            }
            char c = source.charAt(pos);
            if (StringMethods.isSpace(c)) {
                pos = skipSpace(pos);
            } else if (isDigit(c)) {
                number();
            } else if (c == '_' || Character.isUnicodeIdentifierPart(source.codePointAt(pos))) {
                name();
            } else if ((c == '\'' || c == '"') && stringEnd(pos) > 0) {
                int end = stringEnd(pos);
                tokens.add(new Token(Token.Type.STRING, unescape(source.substring(pos + 1, end - 1), pos), pos));
                pos = end;
            } else {
                operator(open);
            }
        }
    }

    private void name() {
        int start = pos;
        int first = source.codePointAt(pos);
        while (pos < source.length()) {
            int c = source.codePointAt(pos);
            if (c != '_' && !Character.isUnicodeIdentifierPart(c)) {
                break;
            }
            pos += Character.charCount(c);
        }
        if (first != '_' && !Character.isUnicodeIdentifierStart(first)) {
            throw error("Invalid character in identifier", start);
        }
        tokens.add(new Token(Token.Type.NAME, source.substring(start, pos), start));
    }

    private void operator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, pos)) {
                balance(operator, open);
                tokens.add(new Token(Token.Type.OPERATOR, operator, pos));
                pos += operator.length();
                return;
            }
        }
        int c = source.codePointAt(pos);
        throw error("unexpected char " + Values.quote(Character.toString(c)) + " at " + source.codePointCount(0, pos), pos);
    }

    private void balance(String operator, Deque<Character> open) {
        switch (operator) {
            case "{" -> open.push('}');
            case "(" -> open.push(')');
            case "[" -> open.push(']');
            case "}", ")", "]" -> {
                if (open.isEmpty()) {
                    throw error("unexpected '" + operator + "'", pos);
                }
                char expected = open.pop();
                if (expected != operator.charAt(0)) {
                    throw error("unexpected '" + operator + "', expected '" + expected + "'", pos);
                }
            }
            default -> { }
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** End of digits that may be separated by single underscores; {@code start} if there is none. */
    private int digits(int start, int radix) {
        int i = start;
        while (i < source.length()) {
            char c = source.charAt(i);
            if (Character.digit(c, radix) >= 0 && c < 128) {
                i++;
            } else if (c == '_' && i > start && i + 1 < source.length() && source.charAt(i + 1) < 128
                    && Character.digit(source.charAt(i + 1), radix) >= 0) {
                i++;
            } else {
                break;
            }
        }
        return i;
    }

    private void number() {
        int start = pos;
        int whole = digits(pos, 10);
        int end = whole;
        boolean dotted = pos > 0 && source.charAt(pos - 1) == '.';
        if (!dotted) {
            if (end + 1 < source.length() && source.charAt(end) == '.' && isDigit(source.charAt(end + 1))) {
                end = digits(end + 1, 10);
            }
            if (end < source.length() && (source.charAt(end) | 32) == 'e') {
                int exponent = end + 1 < source.length() && "+-".indexOf(source.charAt(end + 1)) >= 0 ? end + 2 : end + 1;
                int last = digits(exponent, 10);
                end = last > exponent ? last : end;
            }
        }
        if (end > whole) {
            pos = end;
            tokens.add(new Token(Token.Type.FLOAT, Double.valueOf(source.substring(start, end).replace("_", "")), start));
            return;
        }
        char second = start + 1 < source.length() ? (char) (source.charAt(start + 1) | 32) : 0;
        int radix = source.charAt(start) != '0' ? 10 : second == 'x' ? 16 : second == 'o' ? 8 : second == 'b' ? 2 : 10;
        if (radix != 10) {
            int from = start + 2 < source.length() && source.charAt(start + 2) == '_' ? start + 3 : start + 2;
            int to = digits(from, radix);
            if (to > from) {
                pos = to;
                integer(source.substring(from, to), radix, start);
                return;
            }
        }
        if (source.charAt(start) == '0') {
            // A number that begins with 0 is zeros only; other digits begin the next token.
            whole = start + 1;
            while (whole < source.length() && (source.charAt(whole) == '0'
                    || source.charAt(whole) == '_' && source.startsWith("0", whole + 1))) {
                whole++;
            }
        }
        pos = whole;
        integer(source.substring(start, whole), 10, start);
    }

    private void integer(String digits, int radix, int start) {
        String plain = digits.replace("_", "");
        if (plain.length() > 4300) {
            throw error("Exceeds the limit (4300 digits) for integer string conversion", start);
        }
        tokens.add(new Token(Token.Type.INTEGER, Numbers.norm(new BigInteger(plain, radix)), start));
    }

    /** Offset after the closing quote of the string that begins here, or −1. */
    private int stringEnd(int start) {
        char quote = source.charAt(start);
        for (int i = start + 1; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == quote) {
                return i + 1;
            }
        }
        return -1;
    }

    /** Python's unicode-escape decoding, after every character beyond ASCII was written as an escape. */
    private Text unescape(String body, int at) {
        if (body.indexOf('\\') < 0) {
            return Text.of(body);
        }
        StringBuilder out = new StringBuilder(body.length());
        int i = 0;
        while (i < body.length()) {
            char c = body.charAt(i++);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char e = body.charAt(i++);
            switch (e) {
                case '\n' -> { }
                case '\\', '\'', '"' -> out.append(e);
                case 'a' -> out.append('\u0007');
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'v' -> out.append('\u000b');
                case 'x' -> i = hex(body, i, 2, out, at);
                case 'u' -> i = hex(body, i, 4, out, at);
                case 'U' -> i = hex(body, i, 8, out, at);
                case 'N' -> i = named(body, i, out, at);
                default -> {
                    if (e >= '0' && e <= '7') {
                        int end = i;
                        while (end < body.length() && end < i + 2 && body.charAt(end) >= '0' && body.charAt(end) <= '7') {
                            end++;
                        }
                        out.append((char) Integer.parseInt(body.substring(i - 1, end), 8));
                        i = end;
                    } else if (e < 128) {
                        out.append('\\').append(e);
                    } else {
                        int cp = body.codePointAt(i - 1);
                        i += Character.charCount(cp) - 1;
                        // The backslash meets the one that the character's own escape begins with.
                        out.append('\\').append(cp < 256 ? "x%02x".formatted(cp)
                                : cp < 0x10000 ? "u%04x".formatted(cp) : "U%08x".formatted(cp));
                    }
                }
            }
        }
        return Text.of(out.toString());
    }

    private int hex(String body, int from, int digits, StringBuilder out, int at) {
        int end = from;
        while (end < body.length() && end < from + digits && Character.digit(body.charAt(end), 16) >= 0) {
            end++;
        }
        if (end < from + digits) {
            throw error("truncated \\" + body.charAt(from - 1) + " escape", at);
        }
        long cp = Long.parseLong(body.substring(from, end), 16);
        if (cp > Character.MAX_CODE_POINT) {
            throw error("illegal Unicode character", at);
        }
        out.appendCodePoint((int) cp);
        return end;
    }

    private int named(String body, int from, StringBuilder out, int at) {
        int end = body.startsWith("{", from) ? body.indexOf('}', from) : -1;
        if (end < 0) {
            throw error("malformed \\N character escape", at);
        }
        try {
            out.appendCodePoint(Character.codePointOf(body.substring(from + 1, end)));
        } catch (IllegalArgumentException e) {
            throw error("unknown Unicode character name", at);
        }
        return end + 1;
    }
}
