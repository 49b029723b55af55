package org.djlquant.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.djlquant.chat.Node.Expr;

/**
 * The expression half of the parser: recursive descent by Jinja's precedences, which differ from Python's
 * ({@code ~} binds tighter than {@code +}, {@code **} associates to the left, filters bind tighter than
 * any operator but follow a unary minus).
 */
final class ExpressionParser {

    private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");
    private final TokenStream stream;
    /** Names read since the innermost macro body began: tells whether it uses {@code caller} and the like. */
    private Set<String> reads = new HashSet<>();

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
    }

    /** Replaces the set of names read so far; the caller merges it back. */
    Set<String> swapReads(Set<String> fresh) {
        Set<String> before = reads;
        reads = fresh;
        return before;
    }

    Expr expression() {
        stream.enter();
        int line = stream.line();
        Expr value = or();
        while (stream.skipName("if")) {
            Expr test = or();
            Expr otherwise = stream.skipName("else") ? expression() : null;
            value = new Node.Conditional(test, value, otherwise, line);
        }
        stream.leave();
        return value;
    }

    /** An expression without a trailing {@code if}, as in a for statement. */
    Expr expressionWithoutCondition() {
        stream.enter();
        Expr value = or();
        stream.leave();
        return value;
    }

    private Expr or() {
        int line = stream.line();
        Expr left = and();
        while (stream.skipName("or")) {
            left = new Node.Or(left, and(), line);
        }
        return left;
    }

    private Expr and() {
        int line = stream.line();
        Expr left = not();
        while (stream.skipName("and")) {
            left = new Node.And(left, not(), line);
        }
        return left;
    }

    private Expr not() {
        if (!stream.current().isName("not")) {
            return compare();
        }
        stream.enter();
        int line = stream.line();
        stream.next();
        Expr value = new Node.Not(not(), line);
        stream.leave();
        return value;
    }

    private Expr compare() {
        int line = stream.line();
        Expr first = sum();
        List<String> operators = null;
        List<Expr> rest = null;
        while (true) {
            Token token = stream.current();
            String operator;
            if (token.is(Token.Type.OPERATOR) && COMPARISONS.contains(token.value())) {
                operator = (String) stream.next().value();
            } else if (stream.skipName("in")) {
                operator = "in";
            } else if (token.isName("not") && stream.look().isName("in")) {
                stream.next();
                stream.next();
                operator = "not in";
            } else {
                break;
            }
            if (operators == null) {
                operators = new ArrayList<>(1);
                rest = new ArrayList<>(1);
            }
            operators.add(operator);
            rest.add(sum());
        }
        return operators == null ? first : new Node.Compare(first, operators, rest, line);
    }

    private Expr sum() {
        int line = stream.line();
        Expr left = concat();
        while (stream.current().isOperator("+") || stream.current().isOperator("-")) {
            String operator = (String) stream.next().value();
            left = new Node.Binary(operator, left, concat(), line);
        }
        return left;
    }

    private Expr concat() {
        int line = stream.line();
        Expr first = product();
        if (!stream.current().isOperator("~")) {
            return first;
        }
        List<Expr> parts = new ArrayList<>();
        parts.add(first);
        while (stream.skipOperator("~")) {
            parts.add(product());
        }
        return new Node.Concat(parts, line);
    }

    private Expr product() {
        int line = stream.line();
        Expr left = power();
        while (true) {
            Token token = stream.current();
            if (!token.isOperator("*") && !token.isOperator("/") && !token.isOperator("//") && !token.isOperator("%")) {
                return left;
            }
            String operator = (String) stream.next().value();
            left = new Node.Binary(operator, left, power(), line);
        }
    }

    private Expr power() {
        int line = stream.line();
        Expr left = unary(true);
        while (stream.skipOperator("**")) {
            left = new Node.Binary("**", left, unary(true), line);
        }
        return left;
    }

    private Expr unary(boolean withFilter) {
        int line = stream.line();
        Expr node;
        boolean negative = stream.current().isOperator("-");
        if (negative || stream.current().isOperator("+")) {
            stream.enter();
            stream.next();
            node = new Node.Sign(negative, unary(false), line);
            stream.leave();
        } else {
            node = primary();
        }
        node = postfix(node);
        return withFilter ? filters(node) : node;
    }

    private Expr primary() {
        Token token = stream.current();
        int line = stream.line(token);
        switch (token.type()) {
            case NAME -> {
                stream.next();
                String name = (String) token.value();
                return switch (name) {
                    case "true", "True" -> new Node.Const(true, line);
                    case "false", "False" -> new Node.Const(false, line);
                    case "none", "None" -> new Node.Const(null, line);
                    default -> {
                        reads.add(name);
                        yield new Node.Name(name, line);
                    }
                };
            }
            case STRING -> {
                StringBuilder joined = new StringBuilder();
                while (stream.current().is(Token.Type.STRING)) {
                    joined.append(stream.next().value());
                }
                return new Node.Const(Text.of(joined.toString()), line);
            }
            case INTEGER, FLOAT -> {
                return new Node.Const(stream.next().value(), line);
            }
            case OPERATOR -> {
                switch ((String) token.value()) {
                    case "(" -> {
                        stream.next();
                        Expr inner = tuple(true, true);
                        stream.expectOperator(")");
                        return inner;
                    }
                    case "[" -> {
                        return list();
                    }
                    case "{" -> {
                        return dict();
                    }
                    default -> { }
                }
            }
            default -> { }
        }
        throw stream.error("unexpected '" + token.describe() + "'", token);
    }

    /**
     * One expression, or a tuple if commas follow.
     *
     * @param explicit in parentheses, where nothing at all is the empty tuple
     */
    Expr tuple(boolean explicit, boolean withCondition) {
        int line = stream.line();
        List<Expr> items = new ArrayList<>(1);
        boolean isTuple = false;
        while (true) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
            }
            if (tupleEnds()) {
                break;
            }
            items.add(withCondition ? expression() : expressionWithoutCondition());
            if (!stream.current().isOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (!isTuple) {
            if (!items.isEmpty()) {
                return items.getFirst();
            }
            if (!explicit) {
                throw stream.error("Expected an expression, got '" + stream.current().describe() + "'");
            }
        }
        return new Node.TupleLiteral(items, line);
    }

    private boolean tupleEnds() {
        Token token = stream.current();
        return token.is(Token.Type.VARIABLE_END) || token.is(Token.Type.BLOCK_END) || token.isOperator(")");
    }

    private Expr list() {
        int line = stream.line();
        stream.expectOperator("[");
        List<Expr> items = new ArrayList<>();
        while (!stream.current().isOperator("]")) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
                if (stream.current().isOperator("]")) {
                    break;
                }
            }
            items.add(expression());
        }
        stream.expectOperator("]");
        return new Node.ListLiteral(items, line);
    }

    private Expr dict() {
        int line = stream.line();
        stream.expectOperator("{");
        List<Expr> keys = new ArrayList<>();
        List<Expr> values = new ArrayList<>();
        while (!stream.current().isOperator("}")) {
            if (!keys.isEmpty()) {
                stream.expectOperator(",");
                if (stream.current().isOperator("}")) {
                    break;
                }
            }
            keys.add(expression());
            stream.expectOperator(":");
            values.add(expression());
        }
        stream.expectOperator("}");
        return new Node.DictLiteral(keys, values, line);
    }

    private Expr postfix(Expr start) {
        Expr node = start;
        while (true) {
            Token token = stream.current();
            if (token.isOperator(".")) {
                node = attribute(node);
            } else if (token.isOperator("[")) {
                node = subscript(node);
            } else if (token.isOperator("(")) {
                node = new Node.Call(node, arguments(), stream.line(token));
            } else {
                return node;
            }
        }
    }

    private Expr attribute(Expr object) {
        int line = stream.line();
        stream.next();
        Token name = stream.next();
        if (name.is(Token.Type.NAME)) {
            return new Node.Attribute(object, Text.of((String) name.value()), line);
        }
        if (!name.is(Token.Type.INTEGER)) {
            throw stream.error("expected name or number", name);
        }
        return new Node.Item(object, new Node.Const(name.value(), line), line);
    }

    private Expr subscript(Expr object) {
        int line = stream.line();
        stream.next();
        List<Expr> indexes = new ArrayList<>(1);
        while (!stream.current().isOperator("]")) {
            if (!indexes.isEmpty()) {
                stream.expectOperator(",");
            }
            indexes.add(index());
        }
        stream.expectOperator("]");
        if (indexes.size() == 1) {
            return new Node.Item(object, indexes.getFirst(), line);
        }
        if (indexes.stream().anyMatch(Node.Slice.class::isInstance)) {
            throw stream.error("a slice cannot be one of several subscripts");
        }
        return new Node.Item(object, new Node.TupleLiteral(indexes, line), line);
    }

    private Expr index() {
        int line = stream.line();
        Expr start = null;
        if (!stream.current().isOperator(":")) {
            start = expression();
            if (!stream.current().isOperator(":")) {
                return start;
            }
        }
        stream.next();
        Expr stop = bound();
        Expr step = stream.skipOperator(":") ? bound() : null;
        return new Node.Slice(start, stop, step, line);
    }

    private Expr bound() {
        Token token = stream.current();
        return token.isOperator(":") || token.isOperator("]") || token.isOperator(",") ? null : expression();
    }

    private Expr filters(Expr start) {
        Expr node = start;
        while (true) {
            Token token = stream.current();
            if (token.isOperator("|")) {
                stream.next();
                node = filter(node);
            } else if (token.isName("is")) {
                node = test(node);
            } else if (token.isOperator("(")) {
                node = new Node.Call(node, arguments(), stream.line(token));
            } else {
                return node;
            }
        }
    }

    /** One filter by its name, the {@code |} already read; the input may be null. */
    Node.Filter filter(Expr input) {
        int line = stream.line();
        String name = dottedName();
        Node.Arguments arguments = stream.current().isOperator("(") ? arguments() : Node.Arguments.NONE;
        return new Node.Filter(input, name, arguments, line);
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(stream.expectName());
        while (stream.skipOperator(".")) {
            name.append('.').append(stream.expectName());
        }
        return name.toString();
    }

    private Expr test(Expr input) {
        int line = stream.line();
        stream.next();
        boolean negated = stream.skipName("not");
        String name = dottedName();
        Node.Arguments arguments = Node.Arguments.NONE;
        Token token = stream.current();
        if (token.isOperator("(")) {
            arguments = arguments();
        } else if (beginsTestArgument(token)) {
            if (token.isName("is")) {
                throw stream.error("You cannot chain multiple tests with is");
            }
            arguments = new Node.Arguments(List.of(postfix(primary())), List.of(), List.of(), null, null);
        }
        Expr test = new Node.Test(input, name, arguments, line);
        return negated ? new Node.Not(test, line) : test;
    }

    private static boolean beginsTestArgument(Token token) {
        return switch (token.type()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.value().equals("[") || token.value().equals("{");
            default -> false;
        };
    }

    Node.Arguments arguments() {
        Token open = stream.expectOperator("(");
        List<Expr> positional = new ArrayList<>(2);
        List<String> names = new ArrayList<>(0);
        List<Expr> named = new ArrayList<>(0);
        Expr list = null;
        Expr dict = null;
        boolean comma = false;
        while (!stream.current().isOperator(")")) {
            if (comma) {
                stream.expectOperator(",");
                if (stream.current().isOperator(")")) {
                    break;
                }
            }
            comma = true;
            boolean valid;
            if (stream.skipOperator("*")) {
                valid = list == null && dict == null;
                list = expression();
            } else if (stream.skipOperator("**")) {
                valid = dict == null;
                dict = expression();
            } else if (stream.current().is(Token.Type.NAME) && stream.look().isOperator("=")) {
                valid = dict == null;
                String name = stream.expectName();
                stream.next();
                if (names.contains(name)) {
                    throw stream.error("keyword argument repeated: " + name, open);
                }
                names.add(name);
                named.add(expression());
            } else {
                valid = list == null && dict == null && names.isEmpty();
                positional.add(expression());
            }
            if (!valid) {
                throw stream.error("invalid syntax for function call expression", open);
            }
        }
        stream.expectOperator(")");
        return new Node.Arguments(positional, names, named, list, dict);
    }

    /** A name, {@code namespace.attribute} if allowed, or several of them with commas, to assign to. */
    Node.Target target(boolean withNamespace) {
        List<Node.Target> items = new ArrayList<>(1);
        boolean isTuple = false;
        while (true) {
            if (!items.isEmpty()) {
                stream.expectOperator(",");
            }
            if (tupleEnds()) {
                break;
            }
            items.add(simpleTarget(withNamespace));
            if (!stream.current().isOperator(",")) {
                break;
            }
            isTuple = true;
        }
        if (!isTuple && items.isEmpty()) {
            throw stream.error("Expected an expression, got '" + stream.current().describe() + "'");
        }
        return isTuple ? new Node.TupleTarget(items) : items.getFirst();
    }

    private Node.Target simpleTarget(boolean withNamespace) {
        Token token = stream.current();
        if (token.is(Token.Type.NAME) && withNamespace && stream.look().isOperator(".")) {
            stream.next();
            stream.next();
            return new Node.NamespaceTarget((String) token.value(), stream.expectName());
        }
        // A target is no read: what it adds to the set of names is taken back.
        Set<String> before = swapReads(new HashSet<>());
        Expr expr = primary();
        swapReads(before);
        return asTarget(expr, token);
    }

    private Node.Target asTarget(Expr expr, Token token) {
        return switch (expr) {
            case Node.Name name -> new Node.NameTarget(name.name());
            case Node.TupleLiteral tuple ->
                    new Node.TupleTarget(tuple.items().stream().map(item -> asTarget(item, token)).toList());
            default -> throw stream.error("can't assign to '"
                    + expr.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + "'", token);
        };
    }
}
