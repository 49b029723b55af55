package org.djlquant.chat.python;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Python's value semantics, apart from templates. */
class ValuesTest {

    private final Values values = new Values(new Budget(100_000, 10_000, 50, Duration.ofSeconds(10)));
    private final Operators operators = new Operators(values);
    private final Attributes attributes = new Attributes(values);

    private Object call(Object receiver, String method, Object... arguments) {
        PyObject.Callable callable = (PyObject.Callable) attributes.find(receiver, method);
        return callable.call(new Arguments(Arrays.asList(arguments), Map.of()));
    }

    @Test
    void reprIsPythons() {
        Dict dict = new Dict();
        dict.put(Text.of("a"), Seq.tuple(List.of(1L)));
        dict.put(1L, Arrays.asList(null, true).getFirst());
        dict.put(true, 1e20);
        assertEquals("{'a': (1,), 1: 1e+20}", values.str(dict).toString());
        assertEquals("\"it's\"", Values.quote("it's"));
        assertEquals("'\\n\\x07é\\u200b'", Values.quote("\n\u0007é\u200b"));
    }

    @ParameterizedTest
    @CsvSource({"1.0, 1.0", "1e16, 1e+16", "1e15, 1000000000000000.0", "0.0001, 0.0001", "0.00001, 1e-05", "-0.0, -0.0",
        "123456789.123, 123456789.123", "NaN, nan", "-Infinity, -inf"})
    void floatsHaveTheShortestDigits(double d, String repr) {
        assertEquals(repr, values.str(d).toString());
    }

    @Test
    void intsGrowAndDivideAsPythons() {
        assertEquals(new BigInteger("9223372036854775808"), operators.binary("+", Long.MAX_VALUE, 1L));
        assertEquals(-4L, operators.binary("//", -7L, 2L));
        assertEquals(1L, operators.binary("%", -7L, 2L));
        assertEquals(3.5, operators.binary("/", 7L, 2L));
        PythonError zero = assertThrows(PythonError.class, () -> operators.binary("%", 1L, 0L));
        assertEquals(PythonError.Kind.ARITHMETIC, zero.kind());
        PythonError large = assertThrows(PythonError.class, () -> operators.binary("**", 10L, 1L << 40));
        assertEquals(PythonError.Kind.LIMIT, large.kind());
    }

    @Test
    void equalityAndOrderCrossNumberTypes() {
        assertTrue(values.equal(Seq.list(List.of(1L, true)), Seq.list(List.of(1.0, 1L))));
        assertFalse(values.equal(Seq.list(List.of()), Seq.tuple(List.of())));
        assertTrue(values.ordered("<", Seq.list(List.of(1L, 2L)), Seq.list(List.of(1L, 2.5))));
        assertThrows(PythonError.class, () -> values.ordered("<", 1L, Text.of("a")));
        assertEquals(List.of(1L, 2L, 3.5), values.sorted(List.of(3.5, 1L, 2L), item -> item, false));
    }

    @Test
    void slicesAndIndexesCountCodePoints() {
        Text text = Text.of("a\uD83D\uDE42b");
        assertEquals(3L, Values.length(text));
        assertEquals(Text.of("b\uD83D\uDE42a"), operators.slice(text, null, null, -1L));
        assertEquals(Text.of("\uD83D\uDE42"), attributes.item(text, 1L));
        assertEquals(1L, call(text, "find", Text.of("\uD83D\uDE42")));
    }

    @Test
    void methodsBindArgumentsByTheirSignatures() {
        assertEquals(Seq.list(List.of(Text.of("a"), Text.of("b c"))), call(Text.of(" a b c"), "split", null, 1L));
        assertEquals(Text.of("  a"), call(Text.of("a"), "rjust", 3L));
        assertEquals(Text.of("x1.50|  a"), call(Text.of("x{:.2f}|{:>3}"), "format", 1.5, Text.of("a")));
        assertEquals(Text.of("01,234.5"), call(Text.of("{:08,}"), "format", 1234.5));
        Seq pair = Seq.tuple(List.of(42L, Text.of("a")));
        assertEquals(Text.of("+042 a%"), operators.binary("%", Text.of("%+04d %s%%"), pair));
        assertThrows(PythonError.class, () -> call(Text.of("a"), "split", null, 1L, 2L));
        assertThrows(PythonError.class, () -> call(Text.of("a"), "replace", Text.of("a")));
        Undefined barred = (Undefined) attributes.find(Seq.list(List.of()), "append");
        assertEquals(PythonError.Kind.SECURITY, barred.error().kind());
    }

    @Test
    void originsFollowTheCharacters() {
        Text text = operators.concat(Text.of("<"), Text.user("abc"));
        StringBuilder user = new StringBuilder();
        Text slice = (Text) operators.slice(text, null, 3L, null);
        slice.forEachSpan((span, fromUser) -> user.append(fromUser ? span : "-"));
        assertEquals("-ab", user.toString());
    }
}
