package org.djlquant.chat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.djlquant.chat.Node.Expr;
import org.djlquant.chat.Node.Stmt;

/**
 * What Jinja finds out when it compiles a syntax tree: filters and tests that do not exist (except under an
 * {@code if}, where they fail only when they are reached), {@code break} outside of loops, assignments to
 * {@code loop}, blocks defined twice.
 */
final class Checker {

    private final Set<String> blocks = new HashSet<>();

    static void check(List<Stmt> template) {
        new Checker().statements(template, false, false, false);
    }

    /** Visits every block of a template, however deeply it is nested. */
    static void blocks(List<Stmt> statements, Consumer<Node.Block> visitor) {
        for (Stmt statement : statements) {
            if (statement instanceof Node.Block block) {
                visitor.accept(block);
            }
            bodies(statement).forEach(body -> blocks(body, visitor));
        }
    }

    private static List<List<Stmt>> bodies(Stmt statement) {
        return switch (statement) {
            case Node.If s -> s.bodies();
            case Node.For s -> List.of(s.body(), s.otherwise());
            case Node.SetBlock s -> List.of(s.body());
            case Node.With s -> List.of(s.body());
            case Node.MacroDefinition s -> List.of(s.signature().body());
            case Node.CallBlock s -> List.of(s.signature().body());
            case Node.FilterBlock s -> List.of(s.body());
            case Node.Block s -> List.of(s.body());
            case Node.Autoescape s -> List.of(s.body());
            case Node.Generation s -> List.of(s.body());
            default -> List.of();
        };
    }

    private static ChatTemplateException error(String message, int line) {
        return new ChatTemplateException(ChatTemplateException.Kind.SYNTAX, message, line, 0);
    }

    /**
     * Checks statements.
     *
     * @param soft directly under an if, where unknown filters are allowed
     * @param inLoop break and continue are allowed
     * @param inFor an enclosing for, even across macros: its loop variable must not be assigned
     */
    private void statements(List<Stmt> statements, boolean soft, boolean inLoop, boolean inFor) {
        statements.forEach(statement -> statement(statement, soft, inLoop, inFor));
    }

    private void statement(Stmt statement, boolean soft, boolean inLoop, boolean inFor) {
        switch (statement) {
            case Node.Data data -> { }
            case Node.Load load -> { }
            case Node.Print print -> expression(print.value(), soft);
            case Node.Break stop -> requireLoop(inLoop, "'break' outside loop", stop.line());
            case Node.Continue skip -> requireLoop(inLoop, "'continue' not properly in loop", skip.line());
            case Node.If condition -> {
                condition.tests().forEach(test -> expression(test, true));
                condition.bodies().forEach(body -> statements(body, true, inLoop, inFor));
            }
            case Node.For loop -> {
                target(loop.target(), true, loop.line());
                expression(loop.iterable(), soft);
                expression(loop.filter(), false);
                statements(loop.body(), false, true, true);
                statements(loop.otherwise(), false, inLoop, true);
            }
            case Node.Set set -> {
                target(set.target(), inFor, set.line());
                expression(set.value(), soft);
            }
            case Node.SetBlock set -> {
                target(set.target(), inFor, set.line());
                expression(set.filter(), false);
                statements(set.body(), false, inLoop, inFor);
            }
            case Node.With with -> {
                with.values().forEach(value -> expression(value, soft));
                statements(with.body(), false, inLoop, inFor);
            }
            case Node.MacroDefinition macro -> signature(macro.signature(), inFor);
            case Node.CallBlock call -> {
                expression(call.call(), soft);
                signature(call.signature(), inFor);
            }
            case Node.FilterBlock block -> {
                expression(block.filter(), false);
                statements(block.body(), false, inLoop, inFor);
            }
            case Node.Block block -> {
                if (!blocks.add(block.name())) {
                    throw error("block " + Values.quote(block.name()) + " defined twice", block.line());
                }
                statements(block.body(), false, false, inFor);
            }
            case Node.Autoescape block -> {
                expression(block.on(), false);
                statements(block.body(), false, inLoop, inFor);
            }
            case Node.Generation block -> statements(block.body(), false, false, inFor);
        }
    }

    private void signature(Node.Signature signature, boolean inFor) {
        signature.defaults().forEach(value -> expression(value, false));
        statements(signature.body(), false, false, inFor);
    }

    private static void requireLoop(boolean inLoop, String message, int line) {
        if (!inLoop) {
            throw error(message, line);
        }
    }

    private static void target(Node.Target target, boolean inFor, int line) {
        switch (target) {
            case Node.NameTarget name when inFor && name.name().equals("loop") ->
                    throw error("Can't assign to special loop variable in for-loop target", line);
            case Node.TupleTarget tuple -> tuple.items().forEach(item -> target(item, inFor, line));
            default -> { }
        }
    }

    private void expression(Expr expression, boolean soft) {
        switch (expression) {
            case null -> { }
            case Node.Const c -> { }
            case Node.Name n -> { }
            case Node.TupleLiteral e -> expressions(e.items(), soft);
            case Node.ListLiteral e -> expressions(e.items(), soft);
            case Node.DictLiteral e -> {
                expressions(e.keys(), soft);
                expressions(e.values(), soft);
            }
            case Node.Conditional e -> expressions(java.util.Arrays.asList(e.test(), e.yes(), e.no()), true);
            case Node.Binary e -> expressions(List.of(e.left(), e.right()), soft);
            case Node.And e -> expressions(List.of(e.left(), e.right()), soft);
            case Node.Or e -> expressions(List.of(e.left(), e.right()), soft);
            case Node.Not e -> expression(e.operand(), soft);
            case Node.Sign e -> expression(e.operand(), soft);
            case Node.Concat e -> expressions(e.parts(), soft);
            case Node.Compare e -> {
                expression(e.first(), soft);
                expressions(e.rest(), soft);
            }
            case Node.Attribute e -> expression(e.object(), soft);
            case Node.Item e -> expressions(List.of(e.object(), e.index()), soft);
            case Node.Slice e -> expressions(java.util.Arrays.asList(e.start(), e.stop(), e.step()), soft);
            case Node.Call e -> {
                expression(e.function(), soft);
                arguments(e.arguments(), soft);
            }
            case Node.Filter e -> {
                if (!soft && !Filters.NAMES.contains(e.name())) {
                    throw error("No filter named " + Values.quote(e.name()) + ".", e.line());
                }
                expression(e.input(), soft);
                arguments(e.arguments(), soft);
            }
            case Node.Test e -> {
                if (!soft && !Tests.NAMES.contains(e.name())) {
                    throw error("No test named " + Values.quote(e.name()) + ".", e.line());
                }
                expression(e.input(), soft);
                arguments(e.arguments(), soft);
            }
        }
    }

    private void expressions(List<? extends Expr> expressions, boolean soft) {
        expressions.forEach(expression -> expression(expression, soft));
    }

    private void arguments(Node.Arguments arguments, boolean soft) {
        expressions(arguments.positional(), soft);
        expressions(arguments.named(), soft);
        expression(arguments.list(), soft);
        expression(arguments.dict(), soft);
    }
}
