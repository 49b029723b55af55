package org.djlquant.chat.jinja;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;

/**
 * The expression half of the parser: a cursor over the tokens, and recursive descent by Jinja's precedences, which
 * differ from Python's ({@code ~} binds tighter than {@code +}, {@code **} associates to the left, filters bind
 * tighter than any operator but follow a unary minus).
 */
abstract class ExpressionParser {

    /** Jinja's own recursive parser gives up at about 65 levels of parentheses. */
    private static final int MAX_NESTING = 100;
    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    /** Operators of arithmetic, those that bind least first. */
    private static final List<Set<String>> ARITHMETIC =
            List.of(Set.of("+", "-"), Set.of("~"), Set.of("*", "/", "//", "%"), Set.of("**"));

    /** Names read since the innermost macro body began: tells whether it uses {@code caller} and the like. */
    protected Set<String> reads = new HashSet<>();
    private final Lexer lexer;
    private final List<Token> tokens;
    /**
     * Filters and tests that do not exist: an error, except under an {@code if}, where they fail only when they
     * are reached.
     */
    private final List<PythonError> unknown = new ArrayList<>();
    private int at;
    private int nesting;

    protected ExpressionParser(String source) {
        lexer = new Lexer(source);
        tokens = lexer.tokens();
    }

    // -- the cursor

    protected Token current() {
        return tokens.get(at);
    }

    private Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    protected Token next() {
        Token token = tokens.get(at);
        at += token.is(Token.Type.EOF) ? 0 : 1;
        return token;
    }

    protected boolean skipName(String name) {
        return current().isName(name) && next() != null;
    }

    protected boolean skip(String operator) {
        return current().isOperator(operator) && next() != null;
    }

    protected void expect(String operator) {
        if (!skip(operator)) {
            throw unexpected(operator);
        }
    }

    protected Token expect(Token.Type type) {
        if (!current().is(type)) {
            throw unexpected(type.toString());
        }
        return next();
    }

    protected String expectName() {
        return (String) expect(Token.Type.NAME).value();
    }

    protected PythonError unexpected(String expected) {
        return error(current().is(Token.Type.EOF) ? "unexpected end of template, expected '" + expected + "'."
                : "expected token '" + expected + "', got '" + current().describe() + "'");
    }

    protected PythonError error(String message) {
        return error(message, current());
    }

    protected PythonError error(String message, Token token) {
        return lexer.error(message, token.offset());
    }

    protected void enter() {
        if (++nesting > MAX_NESTING) {
            throw new PythonError(PythonError.Kind.LIMIT,
                    "expressions and blocks nest deeper than " + MAX_NESTING + " levels", current().line(), 0);
        }
    }

    protected void leave() {
        nesting--;
    }

    // -- filters and tests that do not exist

    /** A mark for {@link #forgive} and {@link #refuse}. */
    protected int mark() {
        return unknown.size();
    }

    /** Lets what was unknown since a mark fail only when it is reached. */
    protected void forgive(int mark) {
        unknown.subList(mark, unknown.size()).clear();
    }

    /** Refuses what was unknown since a mark. */
    protected void refuse(int mark) {
        if (mark < unknown.size()) {
            throw unknown.get(mark);
        }
    }

    // -- operators

    protected Expression expression() {
        enter();
        int mark = mark();
        Expression value = or();
        while (skipName("if")) {
            Expression test = or();
            value = new Expression.Conditional(test, value, skipName("else") ? expression() : null);
            forgive(mark);
        }
        leave();
        return value;
    }

    private Expression withoutCondition() {
        enter();
        Expression value = or();
        leave();
        return value;
    }

    private Expression or() {
        Expression left = and();
        while (skipName("or")) {
            left = new Expression.Logic(false, left, and());
        }
        return left;
    }

    private Expression and() {
        Expression left = not();
        while (skipName("and")) {
            left = new Expression.Logic(true, left, not());
        }
        return left;
    }

    private Expression not() {
        if (!skipName("not")) {
            return comparison();
        }
        enter();
        Expression value = new Expression.Not(not());
        leave();
        return value;
    }

    private Expression comparison() {
        Expression first = arithmetic(0);
        List<String> operators = new ArrayList<>(1);
        List<Expression> rest = new ArrayList<>(1);
        while (true) {
            Token token = current();
            if (token.is(Token.Type.OPERATOR) && COMPARISONS.contains(token.value())) {
                operators.add((String) next().value());
            } else if (skipName("in")) {
                operators.add("in");
            } else if (token.isName("not") && look().isName("in")) {
                next();
                next();
                operators.add("not in");
            } else {
                return rest.isEmpty() ? first : new Expression.Compare(first, operators, rest);
            }
            rest.add(arithmetic(0));
        }
    }

    private Expression arithmetic(int level) {
        if (level == ARITHMETIC.size()) {
            return unary(true);
        }
        Expression left = arithmetic(level + 1);
        while (current().is(Token.Type.OPERATOR) && ARITHMETIC.get(level).contains(current().value())) {
            String operator = (String) next().value();
            left = new Expression.Binary(operator, left, arithmetic(level + 1));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Expression operand;
        boolean negative = current().isOperator("-");
        if (negative || current().isOperator("+")) {
            enter();
            next();
            operand = new Expression.Sign(negative, unary(false));
            leave();
        } else {
            operand = primary();
        }
        operand = postfix(operand);
        return withFilters ? filters(operand) : operand;
    }

    // -- operands

    private Expression primary() {
        Token token = current();
        if (token.is(Token.Type.NAME)) {
            return name((String) next().value());
        }
        if (token.is(Token.Type.STRING)) {
            String joined = next().value().toString();
            while (current().is(Token.Type.STRING)) {
                joined = joined.concat(next().value().toString());
            }
            return new Expression.Constant(Text.of(joined));
        }
        if (token.is(Token.Type.INTEGER) || token.is(Token.Type.FLOAT)) {
            return new Expression.Constant(next().value());
        }
        if (skip("(")) {
            Expression inner = tuple(true, true);
            expect(")");
            return inner;
        }
        if (skip("[")) {
            List<Expression> items = new ArrayList<>();
            while (anotherBefore("]", !items.isEmpty())) {
                items.add(expression());
            }
            return new Expression.Sequence(false, items);
        }
        if (skip("{")) {
            List<Expression> keys = new ArrayList<>();
            List<Expression> values = new ArrayList<>();
            while (anotherBefore("}", !keys.isEmpty())) {
                keys.add(expression());
                expect(":");
                values.add(expression());
            }
            return new Expression.DictLiteral(keys, values);
        }
        throw error("unexpected '" + token.describe() + "'");
    }

    private Expression name(String name) {
        switch (name) {
            case "true", "True" -> {
                return new Expression.Constant(true);
            }
            case "false", "False" -> {
                return new Expression.Constant(false);
            }
            case "none", "None" -> {
                return new Expression.Constant(null);
            }
            default -> {
                reads.add(name);
                return new Expression.Name(name);
            }
        }
    }

    /** Whether a list goes on before its end, which is skipped; the commas between elements are too. */
    private boolean anotherBefore(String end, boolean comma) {
        if (comma && !current().isOperator(end)) {
            expect(",");
        }
        return !skip(end);
    }

    /**
     * One expression, or a tuple if commas follow.
     *
     * @param explicit in parentheses, where nothing at all is the empty tuple
     * @param withCondition whether an element may have an {@code if}, which ends the list of a for statement
     */
    protected Expression tuple(boolean explicit, boolean withCondition) {
        List<Expression> items = new ArrayList<>(1);
        boolean comma = false;
        while (!tupleEnds()) {
            items.add(withCondition ? expression() : withoutCondition());
            if (!skip(",")) {
                return comma ? new Expression.Sequence(true, items) : items.getFirst();
            }
            comma = true;
        }
        if (!comma && !explicit) {
            throw error("Expected an expression, got '" + current().describe() + "'");
        }
        return new Expression.Sequence(true, items);
    }

    private boolean tupleEnds() {
        return current().is(Token.Type.VARIABLE_END) || current().is(Token.Type.BLOCK_END) || current().isOperator(")");
    }

    private Expression postfix(Expression start) {
        Expression node = start;
        while (true) {
            int line = current().line();
            if (skip(".")) {
                Token name = next();
                if (!name.is(Token.Type.NAME) && !name.is(Token.Type.INTEGER)) {
                    throw error("expected name or number", name);
                }
                node = name.is(Token.Type.NAME) ? new Expression.Attribute(node, Text.of((String) name.value()))
                        : new Expression.Item(node, new Expression.Constant(name.value()));
            } else if (skip("[")) {
                node = subscript(node);
            } else if (current().isOperator("(")) {
                node = new Expression.Call(node, arguments(), line);
            } else {
                return node;
            }
        }
    }

    private Expression subscript(Expression object) {
        Expression start = bound();
        if (skip(":")) {
            Expression stop = bound();
            Expression step = skip(":") ? bound() : null;
            expect("]");
            return new Expression.Slice(object, start, stop, step);
        }
        if (start != null && skip("]")) {
            return new Expression.Item(object, start);
        }
        List<Expression> indexes = new ArrayList<>();
        for (; start != null; start = skip(",") ? expression() : null) {
            indexes.add(start);
        }
        expect("]");
        return new Expression.Item(object, new Expression.Sequence(true, indexes));
    }

    private Expression bound() {
        return current().isOperator(":") || current().isOperator("]") ? null : expression();
    }

    private Expression filters(Expression start) {
        Expression node = start;
        while (true) {
            int line = current().line();
            if (skip("|")) {
                node = filter(node);
            } else if (skipName("is")) {
                node = test(node);
            } else if (current().isOperator("(")) {
                node = new Expression.Call(node, arguments(), line);
            } else {
                return node;
            }
        }
    }

    /** One filter by its name, the {@code |} already read. */
    protected Expression filter(Expression input) {
        Token token = current();
        String name = dottedName();
        if (!Filters.exists(name)) {
            unknown.add(error("No filter named '" + name + "'.", token));
        }
        ArgumentList arguments = current().isOperator("(") ? arguments() : ArgumentList.NONE;
        return new Expression.Filter(input, name, arguments, token.line());
    }

    private String dottedName() {
        String name = expectName();
        while (skip(".")) {
            name = name + "." + expectName();
        }
        return name;
    }

    private Expression test(Expression input) {
        Token token = current();
        boolean negated = skipName("not");
        String name = dottedName();
        if (!Tests.exists(name)) {
            unknown.add(error("No test named '" + name + "'.", token));
        }
        ArgumentList arguments = ArgumentList.NONE;
        if (current().isOperator("(")) {
            arguments = arguments();
        } else if (current().isName("is")) {
            throw error("You cannot chain multiple tests with is");
        } else if (beginsTestArgument(current())) {
            arguments = new ArgumentList(List.of(postfix(primary())), List.of(), List.of(), null, null);
        }
        Expression test = new Expression.Test(input, name, arguments);
        return negated ? new Expression.Not(test) : test;
    }

    private static boolean beginsTestArgument(Token token) {
        return token.is(Token.Type.NAME) ? !token.isName("else") && !token.isName("or") && !token.isName("and")
                : token.is(Token.Type.STRING) || token.is(Token.Type.INTEGER) || token.is(Token.Type.FLOAT)
                        || token.isOperator("[") || token.isOperator("{");
    }

    private ArgumentList arguments() {
        Token open = next();
        List<Expression> positional = new ArrayList<>(2);
        List<String> names = new ArrayList<>(0);
        List<Expression> named = new ArrayList<>(0);
        Expression list = null;
        Expression dict = null;
        boolean valid = true;
        for (boolean comma = false; anotherBefore(")", comma); comma = true) {
            if (skip("*")) {
                valid &= list == null && dict == null;
                list = expression();
            } else if (skip("**")) {
                valid &= dict == null;
                dict = expression();
            } else if (current().is(Token.Type.NAME) && look().isOperator("=")) {
                String name = expectName();
                valid &= dict == null && !names.contains(name);
                next();
                names.add(name);
                named.add(expression());
            } else {
                valid &= list == null && dict == null && names.isEmpty();
                positional.add(expression());
            }
        }
        if (!valid) {
            throw error("invalid syntax for function call expression", open);
        }
        return new ArgumentList(positional, names, named, list, dict);
    }

    /** A name, {@code namespace.attribute} if allowed, or several of them with commas, to assign to. */
    protected Expression target(boolean withNamespace) {
        List<Expression> items = new ArrayList<>(1);
        boolean comma = false;
        while (!tupleEnds()) {
            items.add(simpleTarget(withNamespace));
            if (!skip(",")) {
                return comma ? new Expression.Sequence(true, items) : items.getFirst();
            }
            comma = true;
        }
        if (!comma) {
            throw error("Expected an expression, got '" + current().describe() + "'");
        }
        return new Expression.Sequence(true, items);
    }

    private Expression simpleTarget(boolean withNamespace) {
        if (skip("(")) {
            enter();
            Expression inner = target(false);
            leave();
            expect(")");
            return inner;
        }
        Token token = next();
        boolean constant = List.of("true", "True", "false", "False", "none", "None").contains(token.value());
        if (!token.is(Token.Type.NAME) || constant) {
            throw error("can't assign to '" + token.describe() + "'", token);
        }
        Expression name = new Expression.Name((String) token.value());
        return withNamespace && skip(".") ? new Expression.Attribute(name, Text.of(expectName())) : name;
    }
}
