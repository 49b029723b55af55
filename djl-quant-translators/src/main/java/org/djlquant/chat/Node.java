package org.djlquant.chat;

import java.util.List;

/** The syntax tree of a template: statements, expressions and assignment targets, as the parser makes them. */
final class Node {

    private Node() {}

    /** An expression; {@code line} is where it begins. */
    sealed interface Expr {
        int line();
    }

    record Const(Object value, int line) implements Expr {}

    record Name(String name, int line) implements Expr {}

    record TupleLiteral(List<Expr> items, int line) implements Expr {}

    record ListLiteral(List<Expr> items, int line) implements Expr {}

    record DictLiteral(List<Expr> keys, List<Expr> values, int line) implements Expr {}

    /** {@code yes if test else no}; {@code no} may be null. */
    record Conditional(Expr test, Expr yes, Expr no, int line) implements Expr {}

    /** One of {@code + - * / // % **}. */
    record Binary(String operator, Expr left, Expr right, int line) implements Expr {}

    record And(Expr left, Expr right, int line) implements Expr {}

    record Or(Expr left, Expr right, int line) implements Expr {}

    record Not(Expr operand, int line) implements Expr {}

    /** {@code -x} or {@code +x}. */
    record Sign(boolean negative, Expr operand, int line) implements Expr {}

    /** {@code a ~ b ~ c}. */
    record Concat(List<Expr> parts, int line) implements Expr {}

    /** {@code first op0 rest0 op1 rest1 …}. */
    record Compare(Expr first, List<String> operators, List<Expr> rest, int line) implements Expr {}

    record Attribute(Expr object, Text name, int line) implements Expr {}

    record Item(Expr object, Expr index, int line) implements Expr {}

    /** A slice in brackets; each bound may be null. */
    record Slice(Expr start, Expr stop, Expr step, int line) implements Expr {}

    record Call(Expr function, Arguments arguments, int line) implements Expr {}

    /** A filter; {@code input} is null where it applies to the text of a block. */
    record Filter(Expr input, String name, Arguments arguments, int line) implements Expr {}

    record Test(Expr input, String name, Arguments arguments, int line) implements Expr {}

    /** {@code (a, b, name=c, *list, **dict)}; the last two may be null. */
    record Arguments(List<Expr> positional, List<String> names, List<Expr> named, Expr list, Expr dict) {
        static final Arguments NONE = new Arguments(List.of(), List.of(), List.of(), null, null);
    }

    /** Where a value is stored. */
    sealed interface Target {}

    record NameTarget(String name) implements Target {}

    record NamespaceTarget(String name, String attribute) implements Target {}

    record TupleTarget(List<Target> items) implements Target {}

    /** A statement. */
    sealed interface Stmt {
        int line();
    }

    record Data(Text text, int line) implements Stmt {}

    record Print(Expr value, int line) implements Stmt {}

    /** {@code filter} and {@code otherwise} may be null. */
    record For(Target target, Expr iterable, Expr filter, boolean recursive, List<Stmt> body, List<Stmt> otherwise,
            int line) implements Stmt {}

    /** Branches in order; the last test may be null for {@code else}. */
    record If(List<Expr> tests, List<List<Stmt>> bodies, int line) implements Stmt {}

    record Set(Target target, Expr value, int line) implements Stmt {}

    /** {@code filter} may be null. */
    record SetBlock(Target target, Filter filter, List<Stmt> body, int line) implements Stmt {}

    record With(List<Target> targets, List<Expr> values, List<Stmt> body, int line) implements Stmt {}

    /** Parameters and body of a macro or a call block; the last defaults belong to the last parameters. */
    record Signature(String name, List<String> parameters, List<Expr> defaults, List<Stmt> body, boolean usesCaller,
            boolean usesKwargs, boolean usesVarargs) {}

    record MacroDefinition(Signature signature, int line) implements Stmt {}

    record CallBlock(Call call, Signature signature, int line) implements Stmt {}

    record FilterBlock(Filter filter, List<Stmt> body, int line) implements Stmt {}

    record Block(String name, boolean scoped, boolean required, List<Stmt> body, int line) implements Stmt {}

    record Autoescape(Expr on, List<Stmt> body, int line) implements Stmt {}

    /** The body of a {@code generation} tag: a scope of its own. */
    record Generation(List<Stmt> body, int line) implements Stmt {}

    /** {@code extends}, {@code include}, {@code import}: a chat template has no other templates. */
    record Load(String tag, int line) implements Stmt {}

    record Break(int line) implements Stmt {}

    record Continue(int line) implements Stmt {}
}
