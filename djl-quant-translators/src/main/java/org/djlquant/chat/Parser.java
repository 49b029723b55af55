package org.djlquant.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlquant.chat.Node.Expr;
import org.djlquant.chat.Node.Stmt;

/** The statement half of the parser: source text to syntax tree. */
final class Parser {

    private final TokenStream stream;
    private final ExpressionParser expressions;

    Parser(String source) {
        stream = new TokenStream(source);
        expressions = new ExpressionParser(stream);
    }

    /** The statements of a whole template. */
    List<Stmt> parse() {
        return statements(Set.of(), null);
    }

    private List<Stmt> statements(Set<String> ends, String openTag) {
        stream.enter();
        List<Stmt> body = new ArrayList<>();
        while (true) {
            Token token = stream.current();
            int line = stream.line(token);
            switch (token.type()) {
                case DATA -> {
                    stream.next();
                    body.add(new Node.Data(Text.of((String) token.value()), line));
                }
                case VARIABLE_BEGIN -> {
                    stream.next();
                    body.add(new Node.Print(expressions.tuple(false, true), line));
                    stream.expect(Token.Type.VARIABLE_END, "end of print statement");
                }
                case BLOCK_BEGIN -> {
                    stream.next();
                    Token tag = stream.current();
                    if (tag.is(Token.Type.NAME) && ends.contains(tag.value())) {
                        stream.leave();
                        return body;
                    }
                    statement(body, ends, openTag);
                    stream.expect(Token.Type.BLOCK_END, "end of statement block");
                }
                default -> {
                    if (openTag != null) {
                        throw stream.error("Unexpected end of template. Jinja was looking for the following tags: "
                                + quoted(ends) + ". The innermost block that needs to be closed is '" + openTag + "'.");
                    }
                    stream.leave();
                    return body;
                }
            }
        }
    }

    private static String quoted(Set<String> tags) {
        return String.join(" or ", tags.stream().sorted().map(tag -> "'" + tag + "'").toList());
    }

    /** The body of a tag, from the end of its opening block to one of the tags that end it, which is current. */
    private List<Stmt> body(String openTag, String... ends) {
        stream.skipOperator(":");
        stream.expect(Token.Type.BLOCK_END, "end of statement block");
        return statements(Set.of(ends), openTag);
    }

    private List<Stmt> closedBody(String openTag) {
        List<Stmt> body = body(openTag, "end" + openTag);
        stream.next();
        return body;
    }

    private void statement(List<Stmt> into, Set<String> ends, String openTag) {
        Token tag = stream.current();
        if (!tag.is(Token.Type.NAME)) {
            throw stream.error("tag name expected", tag);
        }
        int line = stream.line(tag);
        stream.next();
        switch ((String) tag.value()) {
            case "for" -> into.add(forLoop(line));
            case "if" -> into.add(condition(line));
            case "set" -> into.add(set(line));
            case "macro" -> {
                String name = stream.expectName();
                into.add(new Node.MacroDefinition(signature(name, "macro"), line));
            }
            case "call" -> into.add(callBlock(tag, line));
            case "filter" -> {
                Node.Filter filter = filterChain(null);
                into.add(new Node.FilterBlock(filter, closedBody("filter"), line));
            }
            case "with" -> into.add(with(line));
            case "block" -> into.add(block(line));
            case "print" -> {
                boolean comma = false;
                while (!stream.current().is(Token.Type.BLOCK_END)) {
                    if (comma) {
                        stream.expectOperator(",");
                    }
                    into.add(new Node.Print(expressions.expression(), line));
                    comma = true;
                }
            }
            case "autoescape" -> {
                Expr on = expressions.expression();
                into.add(new Node.Autoescape(on, closedBody("autoescape"), line));
            }
            case "generation" -> into.add(new Node.Generation(closedBody("generation"), line));
            case "break" -> into.add(new Node.Break(line));
            case "continue" -> into.add(new Node.Continue(line));
            case "extends", "include", "import", "from" -> into.add(load((String) tag.value(), line));
            default -> throw stream.error("Encountered unknown tag '" + tag.value() + "'."
                    + (ends.isEmpty() ? "" : " Jinja was looking for the following tags: " + quoted(ends)
                            + ". The innermost block that needs to be closed is '" + openTag + "'."), tag);
        }
    }

    private Stmt forLoop(int line) {
        Node.Target target = expressions.target(false);
        stream.expectName("in");
        Expr iterable = expressions.tuple(false, false);
        Expr filter = stream.skipName("if") ? expressions.expression() : null;
        boolean recursive = stream.skipName("recursive");
        List<Stmt> body = body("for", "endfor", "else");
        List<Stmt> otherwise = List.of();
        if (stream.next().isName("else")) {
            otherwise = closedBody("for");
        }
        return new Node.For(target, iterable, filter, recursive, body, otherwise, line);
    }

    private Stmt condition(int line) {
        List<Expr> tests = new ArrayList<>(2);
        List<List<Stmt>> bodies = new ArrayList<>(2);
        while (true) {
            tests.add(expressions.tuple(false, false));
            bodies.add(body("if", "elif", "else", "endif"));
            Token token = stream.next();
            if (token.isName("elif")) {
                continue;
            }
            if (token.isName("else")) {
                tests.add(null);
                bodies.add(closedBody("if"));
            }
            return new Node.If(tests, bodies, line);
        }
    }

    private Stmt set(int line) {
        Node.Target target = expressions.target(true);
        if (stream.skipOperator("=")) {
            return new Node.Set(target, expressions.tuple(false, true), line);
        }
        Node.Filter filter = stream.skipOperator("|") ? filterChain(null) : null;
        return new Node.SetBlock(target, filter, closedBody("set"), line);
    }

    private Node.Filter filterChain(Expr input) {
        Node.Filter filter = expressions.filter(input);
        while (stream.skipOperator("|")) {
            filter = expressions.filter(filter);
        }
        return filter;
    }

    private Stmt with(int line) {
        List<Node.Target> targets = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!stream.current().is(Token.Type.BLOCK_END)) {
            if (!targets.isEmpty()) {
                stream.expectOperator(",");
            }
            targets.add(expressions.target(false));
            stream.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Node.With(targets, values, closedBody("with"), line);
    }

    private Stmt block(int line) {
        String name = stream.expectName();
        boolean scoped = stream.skipName("scoped");
        boolean required = stream.skipName("required");
        if (stream.current().isOperator("-")) {
            throw stream.error("Block names in Jinja have to be valid Python identifiers and may not contain"
                    + " hyphens, use an underscore instead.");
        }
        List<Stmt> body = closedBody("block");
        if (required && !body.stream().allMatch(s -> s instanceof Node.Data data && StringMethods.isSpace(data.text().s))) {
            throw stream.error("Required blocks can only contain comments or whitespace");
        }
        stream.skipName(name);
        return new Node.Block(name, scoped, required, body, line);
    }

    private Stmt callBlock(Token tag, int line) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        if (stream.current().isOperator("(")) {
            parameters(parameters, defaults);
        }
        if (!(expressions.expression() instanceof Node.Call call)) {
            throw stream.error("expected call", tag);
        }
        return new Node.CallBlock(call, signature(null, "call", parameters, defaults), line);
    }

    private Node.Signature signature(String name, String tag) {
        List<String> parameters = new ArrayList<>();
        List<Expr> defaults = new ArrayList<>();
        parameters(parameters, defaults);
        return signature(name, tag, parameters, defaults);
    }

    private Node.Signature signature(String name, String tag, List<String> parameters, List<Expr> defaults) {
        if (new HashSet<>(parameters).size() < parameters.size()) {
            throw stream.error("duplicate argument in function definition");
        }
        Set<String> outer = expressions.swapReads(new HashSet<>());
        List<Stmt> body = closedBody(tag);
        Set<String> reads = expressions.swapReads(outer);
        outer.addAll(reads);
        int caller = parameters.indexOf("caller");
        if (reads.contains("caller") && caller >= 0 && caller < parameters.size() - defaults.size()) {
            throw stream.error("When defining macros or call blocks the special \"caller\" argument must be omitted"
                    + " or be given a default.");
        }
        return new Node.Signature(name, parameters, defaults, body, reads.contains("caller"),
                reads.contains("kwargs") && !parameters.contains("kwargs"),
                reads.contains("varargs") && !parameters.contains("varargs"));
    }

    private void parameters(List<String> names, List<Expr> defaults) {
        stream.expectOperator("(");
        while (!stream.current().isOperator(")")) {
            if (!names.isEmpty()) {
                stream.expectOperator(",");
            }
            names.add(stream.expectName());
            if (stream.skipOperator("=")) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw stream.error("non-default argument follows default argument");
            }
        }
        stream.expectOperator(")");
    }

    /** Reads over a tag that loads another template: there is none, so it fails when it is reached. */
    private Stmt load(String tag, int line) {
        expressions.expression();
        while (!stream.current().is(Token.Type.BLOCK_END)) {
            if (stream.next().is(Token.Type.EOF)) {
                throw stream.error("unexpected end of template, expected 'end of statement block'.");
            }
        }
        return new Node.Load(tag, line);
    }
}
