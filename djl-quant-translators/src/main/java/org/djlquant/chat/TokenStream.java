package org.djlquant.chat;

import java.util.List;

/** The tokens of a template with a cursor, and the nesting guard that both halves of the parser share. */
final class TokenStream {

    /** Jinja's own recursive parser gives up at about 65 levels of parentheses. */
    private static final int MAX_NESTING = 100;

    private final Lexer lexer;
    private final List<Token> tokens;
    private int at;
    private int nesting;

    TokenStream(String source) {
        lexer = new Lexer(source);
        tokens = lexer.tokens();
    }

    Token current() {
        return tokens.get(at);
    }

    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    Token next() {
        Token token = tokens.get(at);
        if (!token.is(Token.Type.EOF)) {
            at++;
        }
        return token;
    }

    boolean skipName(String name) {
        if (current().isName(name)) {
            at++;
            return true;
        }
        return false;
    }

    boolean skipOperator(String operator) {
        if (current().isOperator(operator)) {
            at++;
            return true;
        }
        return false;
    }

    Token expectOperator(String operator) {
        if (!current().isOperator(operator)) {
            throw unexpected(operator);
        }
        return next();
    }

    Token expectName(String name) {
        if (!current().isName(name)) {
            throw unexpected(name);
        }
        return next();
    }

    String expectName() {
        return (String) expect(Token.Type.NAME, "name").value();
    }

    Token expect(Token.Type type, String described) {
        if (!current().is(type)) {
            throw unexpected(described);
        }
        return next();
    }

    private ChatTemplateException unexpected(String expected) {
        Token token = current();
        return error(token.is(Token.Type.EOF) ? "unexpected end of template, expected '" + expected + "'."
                : "expected token '" + expected + "', got '" + token.describe() + "'", token);
    }

    int line() {
        return lexer.line(current().offset());
    }

    int line(Token token) {
        return lexer.line(token.offset());
    }

    ChatTemplateException error(String message, Token token) {
        return lexer.error(message, token.offset());
    }

    ChatTemplateException error(String message) {
        return error(message, current());
    }

    void enter() {
        if (++nesting > MAX_NESTING) {
            throw new ChatTemplateException(ChatTemplateException.Kind.LIMIT,
                    "expressions and blocks nest deeper than " + MAX_NESTING + " levels", line(), 0);
        }
    }

    void leave() {
        nesting--;
    }
}
