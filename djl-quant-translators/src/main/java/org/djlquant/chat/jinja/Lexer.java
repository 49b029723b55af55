package org.djlquant.chat.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.djlquant.chat.python.Numbers;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Strings;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Values;

/**
 * Cuts a template into tokens as Jinja's lexer does with {@code trim_blocks} and {@code lstrip_blocks}: the first
 * newline after a block is dropped, and so are the blanks between the start of a line and a block; {@code -}
 * strips all white space on its side and {@code +} switches both rules off there.
 */
final class Lexer {

    /** Operators, the longer ones first. */
    private static final String[] OPERATORS = {
        "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
        "=", ".", ":", "|", ",", ";"
    };
    private static final String OPENING = "([{";
    private static final String CLOSING = ")]}";
    private static final int MAX_DIGITS = 4300;

    /** Numbers that are more than a few decimal digits; apart, because most templates need no regular expression. */
    private static final class NumberPattern {
        private static final String DIGITS = "[0-9](?:_?[0-9])*";
        static final Pattern FLOAT =
                Pattern.compile(DIGITS + "(?:(?:\\." + DIGITS + ")?[eE][+-]?" + DIGITS + "|\\." + DIGITS + ")");
        static final Pattern INTEGER = Pattern.compile("0[bB]((?:_?[01])+)|0[oO]((?:_?[0-7])+)"
                + "|0[xX]((?:_?[0-9a-fA-F])+)|([1-9](?:_?[0-9])*|0(?:_?0)*)");
        static final int[] RADIX = {0, 2, 8, 16, 10};

        private NumberPattern() {}
    }

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int pos;
    /** Whether the character before {@link #pos} ended a line, with nothing of a tag since. */
    private boolean lineStarting = true;
    private int line = 1;
    private int counted;

    Lexer(String template) {
        String normal = template.replace("\r\n", "\n").replace('\r', '\n');
        // Jinja drops one newline at the end of the source, whatever follows from trim_blocks.
        source = normal.endsWith("\n") ? normal.substring(0, normal.length() - 1) : normal;
    }

    /** All tokens, an EOF last. */
    List<Token> tokens() {
        while (pos < source.length()) {
            root();
        }
        add(Token.Type.EOF, "", pos);
        return tokens;
    }

    private void add(Token.Type type, Object value, int offset) {
        tokens.add(new Token(type, value, offset, line(offset)));
    }

    /** Line of an offset, from 1; lines are counted from the place that was asked for before. */
    private int line(int offset) {
        if (offset < counted) {
            counted = 0;
            line = 1;
        }
        for (int i = source.indexOf('\n', counted); i >= 0 && i < offset; i = source.indexOf('\n', i + 1)) {
            line++;
        }
        counted = offset;
        return line;
    }

    /** An error of syntax at an offset. */
    PythonError error(String message, int offset) {
        int column = offset - source.lastIndexOf('\n', offset - 1);
        return new PythonError(PythonError.Kind.SYNTAX, message, line(offset), column);
    }

    // -- text, comments and raw blocks

    private void root() {
        int open = source.indexOf('{', pos);
        while (open >= 0 && (open + 1 == source.length() || "{%#".indexOf(source.charAt(open + 1)) < 0)) {
            open = source.indexOf('{', open + 1);
        }
        if (open < 0) {
            data(source.substring(pos));
            pos = source.length();
            return;
        }
        char kind = source.charAt(open + 1);
        int begin = open + 2 + (signAt(open + 2) == 0 ? 0 : 1);
        data(stripped(source.substring(pos, open), signAt(open + 2), kind == '{'));
        int rawBody = kind == '%' ? afterRaw(begin) : -1;
        if (rawBody >= 0) {
            raw(open, rawBody);
        } else if (kind == '#') {
            comment(open, begin);
        } else {
            pos = begin;
            lineStarting = false;
            add(kind == '{' ? Token.Type.VARIABLE_BEGIN : Token.Type.BLOCK_BEGIN, "", open);
            code(kind == '{');
        }
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            add(Token.Type.DATA, text, pos);
        }
    }

    private char signAt(int offset) {
        char c = offset < source.length() ? source.charAt(offset) : 0;
        return c == '-' || c == '+' ? c : 0;
    }

    /** Text before a tag, without the white space that its sign or lstrip_blocks takes away. */
    private String stripped(String text, char sign, boolean variable) {
        if (sign == '-') {
            return Strings.rstrip(text);
        }
        int lineBegin = text.lastIndexOf('\n') + 1;
        boolean strip = sign == 0 && !variable && (lineBegin > 0 || lineStarting);
        return strip && Strings.isSpace(text.substring(lineBegin)) ? text.substring(0, lineBegin) : text;
    }

    private int skipSpace(int offset) {
        int i = offset;
        while (i < source.length() && Strings.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Where the content of a raw block begins if its tag is here, else −1. */
    private int afterRaw(int begin) {
        int i = skipSpace(begin);
        int end = source.startsWith("raw", i) ? skipSpace(i + 3) : -1;
        return end < 0 || source.startsWith("+%}", end) ? -1
                : source.startsWith("%}", end) ? end + 2 : blockEnd(end);
    }

    private void raw(int open, int body) {
        lineStarting = source.charAt(body - 1) == '\n';
        for (int end = source.indexOf("{%", body); end >= 0; end = source.indexOf("{%", end + 1)) {
            int i = skipSpace(end + 2 + (signAt(end + 2) == 0 ? 0 : 1));
            int after = source.startsWith("endraw", i) ? blockEnd(skipSpace(i + 6)) : -1;
            if (after >= 0) {
                pos = body;
                data(stripped(source.substring(body, end), signAt(end + 2), false));
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
        char sign = close > begin ? signAt(close - 1) : 0;
        leave(after(close + 2, sign, true));
    }

    private void leave(int after) {
        lineStarting = source.charAt(after - 1) == '\n';
        pos = after;
    }

    /** Where the text after the end of a tag begins, of whose white space the sign decides. */
    private int after(int end, char sign, boolean trim) {
        return sign == '-' ? skipSpace(end) : sign == 0 && trim && source.startsWith("\n", end) ? end + 1 : end;
    }

    /** Offset after a block's end mark if one is here, else −1. */
    private int blockEnd(int offset) {
        return tagEnd(offset, signAt(offset), "%}");
    }

    private int tagEnd(int offset, char sign, String mark) {
        int at = sign == 0 ? offset : offset + 1;
        return source.startsWith(mark, at) ? after(at + 2, sign, mark.equals("%}")) : -1;
    }

    // -- code

    private void code(boolean variable) {
        StringBuilder closing = new StringBuilder();
        while (pos < source.length()) {
            char c = source.charAt(pos);
            char sign = signAt(pos) == '+' && variable ? 0 : signAt(pos);
            int after = closing.isEmpty() ? tagEnd(pos, sign, variable ? "}}" : "%}") : -1;
            if (after >= 0) {
                add(variable ? Token.Type.VARIABLE_END : Token.Type.BLOCK_END, "", pos);
                leave(after);
                return;
            }
            if (Strings.isSpace(c)) {
                pos = skipSpace(pos);
            } else if (c >= '0' && c <= '9') {
                number();
            } else if (c == '_' || Character.isUnicodeIdentifierPart(source.codePointAt(pos))) {
                name();
            } else if ((c == '\'' || c == '"') && stringEnd(pos) > 0) {
                int end = stringEnd(pos);
                add(Token.Type.STRING, unescape(source.substring(pos + 1, end - 1), pos), pos);
                pos = end;
            } else {
                operator(closing);
            }
        }
    }

    private void name() {
        int start = pos;
        while (pos < source.length()
                && (source.charAt(pos) == '_' || Character.isUnicodeIdentifierPart(source.codePointAt(pos)))) {
            pos += Character.charCount(source.codePointAt(pos));
        }
        if (source.charAt(start) != '_' && !Character.isUnicodeIdentifierStart(source.codePointAt(start))) {
            throw error("Invalid character in identifier", start);
        }
        add(Token.Type.NAME, source.substring(start, pos), start);
    }

    private void operator(StringBuilder closing) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, pos)) {
                balance(operator, closing);
                add(Token.Type.OPERATOR, operator, pos);
                pos += operator.length();
                return;
            }
        }
        String c = Character.toString(source.codePointAt(pos));
        throw error("unexpected char " + Values.quote(c) + " at " + source.codePointCount(0, pos), pos);
    }

    private void balance(String operator, StringBuilder closing) {
        if (OPENING.contains(operator)) {
            closing.append(CLOSING.charAt(OPENING.indexOf(operator)));
        } else if (CLOSING.contains(operator)) {
            int last = closing.length() - 1;
            if (last < 0 || closing.charAt(last) != operator.charAt(0)) {
                String expected = last < 0 ? "" : ", expected '" + closing.charAt(last) + "'";
                throw error("unexpected '" + operator + "'" + expected, pos);
            }
            closing.setLength(last);
        }
    }

    private void number() {
        int start = pos;
        while (pos < source.length() && Character.digit(source.charAt(pos), 10) >= 0 && source.charAt(pos) < 128) {
            pos++;
        }
        char next = pos < source.length() ? source.charAt(pos) : ' ';
        boolean plain = pos - start < 18 && (source.charAt(start) != '0' || pos == start + 1);
        if (plain && next != '.' && next != '_' && !Character.isLetter(next)) {
            add(Token.Type.INTEGER, Long.valueOf(source.substring(start, pos)), start);
            return;
        }
        Matcher m = NumberPattern.FLOAT.matcher(source).region(start, source.length());
        boolean dotted = start > 0 && source.charAt(start - 1) == '.';
        if (!dotted && m.lookingAt()) {
            add(Token.Type.FLOAT, Double.valueOf(m.group().replace("_", "")), start);
        } else {
            m.usePattern(NumberPattern.INTEGER).lookingAt();
            int kind = 1;
            while (m.group(kind) == null) {
                kind++;
            }
            String digits = m.group(kind).replace("_", "");
            if (digits.length() > MAX_DIGITS) {
                throw error("Exceeds the limit (" + MAX_DIGITS + " digits) for integer string conversion", start);
            }
            add(Token.Type.INTEGER, Numbers.norm(new BigInteger(digits, NumberPattern.RADIX[kind])), start);
        }
        pos = m.end();
    }

    /** Offset after the closing quote of the string that begins here, or −1. */
    private int stringEnd(int start) {
        for (int i = start + 1; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == source.charAt(start)) {
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
            int e = body.codePointAt(i);
            i += Character.charCount(e);
            int simple = "abfnrtv\\'\"".indexOf(e);
            int digits = e == 'x' ? 2 : e == 'u' ? 4 : e == 'U' ? 8 : 0;
            if (simple >= 0) {
                out.append("\u0007\b\f\n\r\t\u000b\\'\"".charAt(simple));
            } else if (digits > 0) {
                out.appendCodePoint(codePoint(body, i, digits, at));
                i += digits;
            } else if (e == 'N') {
                int end = body.startsWith("{", i) ? body.indexOf('}', i) : -1;
                out.appendCodePoint(named(end < 0 ? "" : body.substring(i + 1, end), at));
                i = end + 1;
            } else if (e >= '0' && e <= '7') {
                int end = i;
                while (end < body.length() && end < i + 2 && body.charAt(end) >= '0' && body.charAt(end) <= '7') {
                    end++;
                }
                out.append((char) Integer.parseInt(body.substring(i - 1, end), 8));
                i = end;
            } else if (e != '\n') {
                // The backslash meets the one that a character's own escape begins with.
                out.append('\\').append(e < 128 ? Character.toString(e)
                        : (e < 256 ? "x%02x" : e < 0x10000 ? "u%04x" : "U%08x").formatted(e));
            }
        }
        return Text.of(out.toString());
    }

    private int codePoint(String body, int from, int digits, int at) {
        long code = from + digits <= body.length() ? 0 : -1;
        for (int i = from; i < from + digits && code >= 0; i++) {
            int digit = Character.digit(body.charAt(i), 16);
            code = digit < 0 ? -1 : code * 16 + digit;
        }
        if (code < 0 || code > Character.MAX_CODE_POINT) {
            throw error("truncated or illegal \\" + body.charAt(from - 1) + " escape", at);
        }
        return (int) code;
    }

    private int named(String name, int at) {
        try {
            return Character.codePointOf(name);
        } catch (IllegalArgumentException e) {
            throw error("malformed \\N character escape or unknown Unicode character name", at);
        }
    }
}
