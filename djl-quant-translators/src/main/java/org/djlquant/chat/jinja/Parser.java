package org.djlquant.chat.jinja;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.djlquant.chat.python.Strings;
import org.djlquant.chat.python.Text;

/**
 * The statement half of the parser: source text to syntax tree. It also finds what Jinja finds when it compiles:
 * filters and tests that do not exist, {@code break} outside of loops, assignments to {@code loop}, blocks that
 * are there twice.
 */
final class Parser extends ExpressionParser {

    private final Map<String, Statement.Block> blocks = new HashMap<>();
    /** Whether break and continue are allowed. */
    private boolean inLoop;
    /** Whether there is a for around, even across macros: its loop variable must not be assigned. */
    private boolean inFor;

    Parser(String source) {
        super(source);
    }

    /** The statements of a whole template. */
    List<Statement> parse() {
        List<Statement> template = statements(Set.of(), null);
        refuse(0);
        return template;
    }

    /** The blocks of the template, by name. */
    Map<String, Statement.Block> blocks() {
        return blocks;
    }

    private List<Statement> statements(Set<String> ends, String openTag) {
        enter();
        List<Statement> body = new ArrayList<>();
        while (true) {
            Token token = next();
            if (token.is(Token.Type.DATA)) {
                body.add(new Statement.Data(Text.of((String) token.value()), token.line()));
            } else if (token.is(Token.Type.VARIABLE_BEGIN)) {
                body.add(new Statement.Print(tuple(false, true), token.line()));
                expect(Token.Type.VARIABLE_END);
            } else if (token.is(Token.Type.BLOCK_BEGIN)) {
                if (current().is(Token.Type.NAME) && ends.contains(current().value())) {
                    break;
                }
                statement(body, ends, openTag);
                expect(Token.Type.BLOCK_END);
            } else if (openTag == null) {
                break;
            } else {
                throw error("Unexpected end of template." + wanted(ends, openTag));
            }
        }
        leave();
        return body;
    }

    private static String wanted(Set<String> ends, String openTag) {
        return ends.isEmpty() ? "" : " Jinja was looking for the following tags: '"
                + String.join("' or '", new TreeSet<>(ends))
                + "'. The innermost block that needs to be closed is '" + openTag + "'.";
    }

    /** The body of a tag, from the end of its opening block to one of the tags that end it, which is current. */
    private List<Statement> body(String openTag, String... ends) {
        skip(":");
        expect(Token.Type.BLOCK_END);
        return statements(Set.of(ends), openTag);
    }

    /** A body whose end tag is read over, in which unknown filters are refused. */
    private List<Statement> closedBody(String openTag) {
        int mark = mark();
        List<Statement> body = body(openTag, "end".concat(openTag));
        next();
        refuse(mark);
        return body;
    }

    /** A body that loops around it cannot be left from. */
    private List<Statement> detachedBody(String openTag) {
        boolean loop = inLoop;
        inLoop = false;
        List<Statement> body = closedBody(openTag);
        inLoop = loop;
        return body;
    }

    private void statement(List<Statement> into, Set<String> ends, String openTag) {
        Token tag = next();
        if (!tag.is(Token.Type.NAME)) {
            throw error("tag name expected", tag);
        }
        int line = tag.line();
        String name = (String) tag.value();
        switch (name) {
            case "for" -> into.add(forLoop(line));
            case "if" -> into.add(condition(line));
            case "set" -> into.add(set(line));
            case "macro" -> into.add(new Statement.MacroDefinition(macro(expectName(), "macro"), line));
            case "call" -> into.add(callBlock(tag));
            case "filter" -> {
                int mark = mark();
                Expression filter = filterChain();
                refuse(mark);
                into.add(new Statement.FilterBlock(filter, closedBody(name), line));
            }
            case "with" -> into.add(with(line));
            case "block" -> into.add(block(line));
            case "print" -> {
                for (boolean comma = false; !current().is(Token.Type.BLOCK_END); comma = true) {
                    if (comma) {
                        expect(",");
                    }
                    into.add(new Statement.Print(expression(), line));
                }
            }
            case "autoescape" -> into.add(new Statement.Autoescape(expression(), closedBody(name), line));
            case "generation" -> into.add(new Statement.Generation(detachedBody(name), line));
            case "break", "continue" -> {
                if (!inLoop) {
                    throw error("'" + name + "' outside loop", tag);
                }
                Statement.Flow flow = name.equals("break") ? Statement.Flow.BREAK : Statement.Flow.CONTINUE;
                into.add(new Statement.Jump(flow, line));
            }
            case "extends", "include", "import", "from" -> {
                expression();
                while (!current().is(Token.Type.BLOCK_END)) {
                    if (next().is(Token.Type.EOF)) {
                        throw unexpected(Token.Type.BLOCK_END.toString());
                    }
                }
                into.add(new Statement.Load(name, line));
            }
            default -> throw error("Encountered unknown tag '" + name + "'." + wanted(ends, openTag), tag);
        }
    }

    private Statement forLoop(int line) {
        boolean loop = inLoop;
        boolean nested = inFor;
        inFor = true;
        Expression target = checked(target(false));
        if (!skipName("in")) {
            throw unexpected("in");
        }
        Expression iterable = tuple(false, false);
        int mark = mark();
        Expression filter = skipName("if") ? expression() : null;
        boolean recursive = skipName("recursive");
        inLoop = true;
        List<Statement> body = body("for", "endfor", "else");
        inLoop = loop;
        List<Statement> otherwise = next().isName("else") ? closedBody("for") : List.of();
        refuse(mark);
        inFor = nested;
        return new Statement.For(target, iterable, filter, recursive, body, otherwise, line);
    }

    private Statement condition(int line) {
        int mark = mark();
        List<Expression> tests = new ArrayList<>(2);
        List<List<Statement>> bodies = new ArrayList<>(2);
        Token token;
        do {
            tests.add(tuple(false, false));
            bodies.add(body("if", "elif", "else", "endif"));
            token = next();
        } while (token.isName("elif"));
        if (token.isName("else")) {
            bodies.add(body("if", "endif"));
            next();
        }
        forgive(mark);
        return new Statement.If(tests, bodies, line);
    }

    private Statement set(int line) {
        Expression target = checked(target(true));
        if (skip("=")) {
            return new Statement.Set(target, tuple(false, true), line);
        }
        int mark = mark();
        Expression value = skip("|") ? filterChain() : Statement.BLOCK_TEXT;
        refuse(mark);
        return new Statement.SetBlock(target, value, closedBody("set"), line);
    }

    /** Refuses to assign to {@code loop} within a for statement. */
    private Expression checked(Expression target) {
        if (inFor && target instanceof Expression.Name name && name.name().equals("loop")) {
            throw error("Can't assign to special loop variable in for-loop target");
        }
        if (target instanceof Expression.Sequence tuple) {
            tuple.items().forEach(this::checked);
        }
        return target;
    }

    /** The filters of a block, the innermost of which takes its text. */
    private Expression filterChain() {
        Expression filter = filter(Statement.BLOCK_TEXT);
        while (skip("|")) {
            filter = filter(filter);
        }
        return filter;
    }

    private Statement with(int line) {
        List<Expression> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!current().is(Token.Type.BLOCK_END)) {
            if (!targets.isEmpty()) {
                expect(",");
            }
            targets.add(target(false));
            expect("=");
            values.add(expression());
        }
        return new Statement.With(targets, values, closedBody("with"), line);
    }

    private Statement block(int line) {
        String name = expectName();
        boolean scoped = skipName("scoped");
        boolean required = skipName("required");
        if (current().isOperator("-")) {
            throw error("Block names in Jinja have to be valid Python identifiers and may not contain hyphens,"
                    + " use an underscore instead.");
        }
        List<Statement> body = detachedBody("block");
        for (Statement part : required ? body : List.<Statement>of()) {
            if (!(part instanceof Statement.Data data) || !Strings.isSpace(data.text().toString())) {
                throw error("Required blocks can only contain comments or whitespace");
            }
        }
        skipName(name);
        Statement.Block block = new Statement.Block(name, scoped, required, body, line);
        if (blocks.put(name, block) != null) {
            throw error("block '" + name + "' defined twice");
        }
        return block;
    }

    private Statement callBlock(Token tag) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        if (current().isOperator("(")) {
            parameters(parameters, defaults);
        }
        if (!(expression() instanceof Expression.Call call)) {
            throw error("expected call", tag);
        }
        return new Statement.CallBlock(call, macro(null, "call", parameters, defaults), tag.line());
    }

    private Macro.Definition macro(String name, String tag) {
        List<String> parameters = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        parameters(parameters, defaults);
        return macro(name, tag, parameters, defaults);
    }

    private Macro.Definition macro(String name, String tag, List<String> parameters, List<Expression> defaults) {
        if (new HashSet<>(parameters).size() < parameters.size()) {
            throw error("duplicate argument in function definition");
        }
        Set<String> outer = reads;
        reads = new HashSet<>();
        List<Statement> body = detachedBody(tag);
        Set<String> inner = reads;
        outer.addAll(inner);
        reads = outer;
        int caller = parameters.indexOf("caller");
        if (inner.contains("caller") && caller >= 0 && caller < parameters.size() - defaults.size()) {
            throw error("When defining macros or call blocks the special \"caller\" argument must be omitted"
                    + " or be given a default.");
        }
        return new Macro.Definition(name, parameters, defaults, body, inner.contains("caller"),
                inner.contains("kwargs") && !parameters.contains("kwargs"),
                inner.contains("varargs") && !parameters.contains("varargs"));
    }

    private void parameters(List<String> names, List<Expression> defaults) {
        int mark = mark();
        expect("(");
        while (!current().isOperator(")")) {
            if (!names.isEmpty()) {
                expect(",");
            }
            names.add(expectName());
            if (skip("=")) {
                defaults.add(expression());
            } else if (!defaults.isEmpty()) {
                throw error("non-default argument follows default argument");
            }
        }
        next();
        refuse(mark);
    }
}
