package org.djlquant.chat.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigInteger;
import java.util.List;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LexerTest {

    private static List<Object> values(String code) {
        List<Token> tokens = new Lexer("{{" + code + "}}").tokens();
        return tokens.subList(1, tokens.size() - 2).stream().map(Token::value).toList();
    }

    @Test
    void tellsTokensAndTheirPlaces() {
        List<Token> tokens = new Lexer("a\n  {% if x -%}  b{{ 'c' ~ 1.5 }}").tokens();
        assertEquals(List.of(Token.Type.DATA, Token.Type.BLOCK_BEGIN, Token.Type.NAME, Token.Type.NAME,
                Token.Type.BLOCK_END, Token.Type.DATA, Token.Type.VARIABLE_BEGIN, Token.Type.STRING,
                Token.Type.OPERATOR, Token.Type.FLOAT, Token.Type.VARIABLE_END, Token.Type.EOF),
                tokens.stream().map(Token::type).toList());
        assertEquals("a\n", tokens.getFirst().value());
        assertEquals("b", tokens.get(5).value());
        assertEquals(4, tokens.get(1).offset());
        assertEquals(2, tokens.get(1).line());
    }

    @Test
    void readsNumbersAsPythonDoes() {
        assertEquals(List.of(12L, 1.5, 1e3, 31L, 1000L), values("12 1.5 1e3 0x1F 1_000"));
        String large = "123456789012345678901234567890";
        assertEquals(List.of(new BigInteger(large)), values(large));
        assertEquals(List.of(0L, 12L), values("012"));
        assertEquals(List.of("a", ".", 0L, ".", 1L), values("a.0.1"));
    }

    @Test
    void decodesTheEscapesOfStrings() {
        assertEquals(List.of(Text.of("\n\u0041\u00e9\uD83D\uDE42\u2022\\q")),
                values("'\\n\\x41\\u00e9\\U0001F642\\N{BULLET}\\q'"));
        assertEquals(PythonError.Kind.SYNTAX, assertThrows(PythonError.class, () -> values("'\\x4'")).kind());
    }

    @ParameterizedTest
    @CsvSource({"'a  {%- x %}', a", "'a\n  {% x %}', 'a\n'", "'a\n  {%+ x %}', 'a\n  '", "'a  {% x %}', 'a  '",
        "'{% x %}\nb', b", "'{% x +%}\nb', '\nb'", "'{% x -%}\n  b', b", "'{{ x }}\nb', '\nb'", "'{# c #}\nb', b",
        "'{% raw %}{{ x }}{% endraw %}', '{{ x }}'", "'b\n', b", "'a\r\nb', 'a\nb'"})
    void dropsWhiteSpaceAroundTags(String source, String text) {
        StringBuilder data = new StringBuilder();
        new Lexer(source).tokens().stream().filter(t -> t.is(Token.Type.DATA)).forEach(t -> data.append(t.value()));
        assertEquals(text, data.toString());
    }

    @Test
    void errorsTellLineAndColumn() {
        PythonError e = assertThrows(PythonError.class, () -> new Lexer("a\n {{ (x] }}").tokens());
        assertEquals("unexpected ']', expected ')'", e.getMessage());
        assertEquals(2, e.line());
        assertEquals(7, e.column());
    }
}
