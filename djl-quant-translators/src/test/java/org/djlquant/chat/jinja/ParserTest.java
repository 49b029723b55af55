package org.djlquant.chat.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.djlquant.chat.jinja.Expression.Attribute;
import org.djlquant.chat.jinja.Expression.Binary;
import org.djlquant.chat.jinja.Expression.Call;
import org.djlquant.chat.jinja.Expression.Conditional;
import org.djlquant.chat.jinja.Expression.Constant;
import org.djlquant.chat.jinja.Expression.Filter;
import org.djlquant.chat.jinja.Expression.Item;
import org.djlquant.chat.jinja.Expression.Logic;
import org.djlquant.chat.jinja.Expression.Name;
import org.djlquant.chat.jinja.Expression.Not;
import org.djlquant.chat.jinja.Expression.Sign;
import org.djlquant.chat.jinja.Expression.Slice;
import org.djlquant.chat.jinja.Expression.Test;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees of the parser; nothing is evaluated. */
class ParserTest {

    private static final Name A = new Name("a");
    private static final Name B = new Name("b");
    private static final Constant ONE = new Constant(1L);

    private static Expression expression(String source) {
        return ((Statement.Print) new Parser("{{ " + source + " }}").parse().getFirst()).value();
    }

    private static Statement statement(String source) {
        return new Parser(source).parse().getFirst();
    }

    private static PythonError refused(String source) {
        PythonError e = assertThrows(PythonError.class, () -> new Parser(source).parse(), source);
        assertEquals(PythonError.Kind.SYNTAX, e.kind(), source);
        return e;
    }

    @org.junit.jupiter.api.Test
    void operatorsBindAsInJinja() {
        assertEquals(new Binary("+", A, new Binary("*", B, ONE)), expression("a + b * 1"));
        assertEquals(new Binary("-", new Binary("-", A, B), ONE), expression("a - b - 1"));
        assertEquals(new Binary("+", A, new Binary("~", B, ONE)), expression("a + b ~ 1"));
        assertEquals(new Binary("**", new Binary("**", A, B), ONE), expression("a ** b ** 1"));
        assertEquals(new Logic(false, A, new Logic(true, B, new Not(ONE))), expression("a or b and not 1"));
        assertEquals(new Conditional(A, ONE, B), expression("1 if a else b"));
        assertEquals(new Expression.Compare(A, List.of("<", "not in"), List.of(B, ONE)), expression("a < b not in 1"));
        // Jinja reads a subscript into the operand of a sign, and a filter behind it.
        Expression sign = new Sign(true, new Item(A, ONE));
        assertEquals(new Filter(sign, "abs", ArgumentList.NONE, 1), expression("-a[1]|abs"));
    }

    @org.junit.jupiter.api.Test
    void operandsHaveSubscriptsCallsFiltersAndTests() {
        assertEquals(new Item(new Attribute(A, Text.of("x")), ONE), expression("a.x[1]"));
        assertEquals(new Item(A, ONE), expression("a.1"));
        assertEquals(new Slice(A, null, ONE, null), expression("a[:1]"));
        assertEquals(new Call(A, new ArgumentList(List.of(ONE), List.of("k"), List.of(B), A, B), 1),
                expression("a(1, k=b, *a, **b)"));
        assertEquals(new Not(new Test(A, "in", new ArgumentList(List.of(B), List.of(), List.of(), null, null))),
                expression("a is not in b"));
        assertEquals(new Expression.Sequence(true, List.of(A, B)), expression("a, b"));
        assertEquals(new Expression.DictLiteral(List.of(A), List.of(new Expression.Sequence(false, List.of()))),
                expression("{a: [],}"));
    }

    @org.junit.jupiter.api.Test
    void statementsKeepTheirParts() {
        Statement.For loop = (Statement.For) statement("{% for a, b in x if a recursive %}y{% else %}z{% endfor %}");
        assertEquals(new Expression.Sequence(true, List.of(A, B)), loop.target());
        assertEquals(A, loop.filter());
        assertTrue(loop.recursive());
        assertEquals(List.of(new Statement.Data(Text.of("z"), 1)), loop.otherwise());
        Statement.If condition = (Statement.If) statement("{% if a %}1{% elif b %}2{% else %}3{% endif %}");
        assertEquals(List.of(A, B), condition.tests());
        assertEquals(3, condition.bodies().size());
        Macro.Definition macro = ((Statement.MacroDefinition) statement(
                "{% macro m(a, b=1) %}{{ caller() }}{{ kwargs }}{% endmacro %}")).definition();
        assertEquals(List.of("a", "b"), macro.parameters());
        assertEquals(List.of(ONE), macro.defaults());
        assertTrue(macro.usesCaller() && macro.usesKwargs() && !macro.usesVarargs());
    }

    @org.junit.jupiter.api.Test
    void unknownFiltersAreRefusedUnlessAnIfMayAvoidThem() {
        assertEquals("No filter named 'foo'.", refused("{{ a|foo }}").getMessage());
        refused("{% if a %}{% for b in a %}{{ b is foo }}{% endfor %}{% endif %}");
        new Parser("{% if a %}{{ a|foo }}{% endif %}{{ a|foo if b else 1 }}").parse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{% break %}", "{% for a in b %}{% macro m() %}{% continue %}{% endmacro %}{% endfor %}",
        "{% for a in b %}{% set loop = 1 %}{% endfor %}", "{% set true = 1 %}", "{% macro m(a=1, b) %}{% endmacro %}",
        "{% block x %}{% endblock %}{% block x %}{% endblock %}", "{% if a %}", "{% endif %}", "{{ a b }}", "{{ 1 + }}",
        "{{ f(a=1, 2) }}", "{{ a[0:1, 2] }}"})
    void whatIsNoTemplateIsRefused(String source) {
        refused(source);
    }
}
