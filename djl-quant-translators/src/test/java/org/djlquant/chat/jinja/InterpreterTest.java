package org.djlquant.chat.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.jinja.Expression.Binary;
import org.djlquant.chat.jinja.Expression.Constant;
import org.djlquant.chat.jinja.Expression.Name;
import org.djlquant.chat.python.Budget;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Undefined;
import org.junit.jupiter.api.Test;

/** Trees made by hand, evaluated without a parser. */
class InterpreterTest {

    private static final Seq ITEMS = Seq.list(List.of(1L, 2L, 3L));

    private static Interpreter interpreter(Map<String, ?> variables) {
        Clock clock = Clock.fixed(Instant.parse("2024-03-05T14:07:09Z"), ZoneOffset.UTC);
        return new Interpreter(new Budget(1000, 1000, 10, Duration.ofSeconds(10)), clock, variables);
    }

    private static Object value(Expression expression, Map<String, ?> variables) {
        Interpreter in = interpreter(variables);
        return in.evaluate(expression, in.top);
    }

    private static String rendered(Map<String, ?> variables, Statement... statements) {
        return interpreter(variables).render(List.of(statements), Map.of()).toString();
    }

    private static Constant text(String s) {
        return new Constant(Text.of(s));
    }

    private static ArgumentList arguments(Expression... positional) {
        return new ArgumentList(List.of(positional), List.of(), List.of(), null, null);
    }

    private static Statement print(Expression value) {
        return new Statement.Print(value, 1);
    }

    @Test
    void namesAndOperators() {
        Map<String, ?> variables = Map.of("x", 2L, "d", Dict.of(Map.of("k", Text.of("v"))));
        assertEquals(3L, value(new Binary("+", new Name("x"), new Constant(1L)), variables));
        assertEquals(Text.of("2v"), value(new Binary("~", new Name("x"),
                new Expression.Attribute(new Name("d"), Text.of("k"))), variables));
        assertInstanceOf(Undefined.class, value(new Name("y"), variables));
        // The right side is not evaluated where the left one decides.
        Expression fails = new Binary("+", new Name("y"), new Constant(1L));
        assertEquals(2L, value(new Expression.Logic(false, new Name("x"), fails), variables));
        assertEquals(PythonError.Kind.UNDEFINED, assertThrows(PythonError.class, () -> value(fails, variables)).kind());
    }

    @Test
    void chainedComparisonsStopAtTheFirstThatFails() {
        Expression two = new Constant(2L);
        Expression compare = new Expression.Compare(new Constant(1L), List.of("<", "<="), List.of(two, two));
        assertEquals(true, value(compare, Map.of()));
        Expression fails = new Expression.Compare(two, List.of("<", "<="), List.of(two, new Name("y")));
        assertEquals(false, value(fails, Map.of()));
    }

    @Test
    void filtersTestsAndFunctionsBindTheirArguments() {
        Map<String, ?> variables = Map.of("l", ITEMS);
        Expression join = new Expression.Filter(new Name("l"), "join", arguments(text("-")), 1);
        assertEquals(Text.of("1-2-3"), value(join, variables));
        Expression even = new Expression.Test(new Constant(4L), "divisibleby", arguments(new Constant(2L)));
        assertEquals(true, value(even, Map.of()));
        Expression now = new Expression.Call(new Name("strftime_now"), arguments(text("%d %b %Y")), 1);
        assertEquals(Text.of("05 Mar 2024"), value(now, Map.of()));
        Expression tooMany = new Expression.Filter(new Name("l"), "length", arguments(text("-")), 1);
        PythonError e = assertThrows(PythonError.class, () -> value(tooMany, variables));
        assertEquals(PythonError.Kind.TYPE, e.kind());
    }

    @Test
    void loopsHaveAScopeOfTheirOwnAndCanBeLeft() {
        Name x = new Name("x");
        Statement stop = new Statement.If(List.of(new Expression.Compare(x, List.of("=="), List.of(new Constant(3L)))),
                List.of(List.of(new Statement.Jump(Statement.Flow.BREAK, 1))), 1);
        Statement last = print(new Expression.Attribute(new Name("loop"), Text.of("last")));
        Statement loop = new Statement.For(x, new Name("l"), null, false, List.of(stop, print(x), last), List.of(), 1);
        assertEquals("1False2False", rendered(Map.of("l", ITEMS), loop, print(x)));
    }

    @Test
    void macrosSeeWhereTheyWereDefinedAndTakeDefaults() {
        Macro.Definition macro = new Macro.Definition("m", List.of("a", "b"), List.of(new Name("a")),
                List.of(print(new Name("a")), print(new Name("b")), print(new Name("c"))), false, false, false);
        Statement call = print(new Expression.Call(new Name("m"), arguments(new Constant(1L)), 2));
        assertEquals("11!", rendered(Map.of("c", Text.of("!")), new Statement.MacroDefinition(macro, 1), call));
    }

    @Test
    void errorsHaveTheLineOfTheirStatementAndBudgetsEnd() {
        Statement fails = new Statement.Print(new Expression.Sign(true, new Constant(null)), 7);
        assertEquals(7, assertThrows(PythonError.class, () -> rendered(Map.of(), fails)).line());
        Statement spin = new Statement.For(new Name("x"), new Name("l"), null, false, List.of(), List.of(), 3);
        Statement[] many = java.util.Collections.nCopies(400, spin).toArray(Statement[]::new);
        PythonError e = assertThrows(PythonError.class, () -> rendered(Map.of("l", ITEMS), many));
        assertEquals(PythonError.Kind.LIMIT, e.kind());
    }
}
