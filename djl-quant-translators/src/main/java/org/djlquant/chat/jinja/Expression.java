package org.djlquant.chat.jinja;

import java.util.Arrays;
import java.util.List;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/** An expression of a template: what the parser makes, and how it is evaluated. */
sealed interface Expression {

    /** Its value; callers go through {@link Interpreter#evaluate}, which counts. */
    Object value(Interpreter in, Scope scope);

    record Constant(Object constant) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            return constant;
        }
    }

    record Name(String name) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object value = scope.get(name);
            return value == PyObject.MISSING ? Undefined.name(name) : value;
        }
    }

    /** {@code (a, b)} or {@code [a, b]}. */
    record Sequence(boolean isTuple, List<Expression> items) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            List<Object> values = in.evaluate(items, scope);
            return isTuple ? Seq.tuple(values) : Seq.list(values);
        }
    }

    record DictLiteral(List<Expression> keys, List<Expression> values) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Dict dict = new Dict();
            for (int i = 0; i < keys.size(); i++) {
                Object key = in.evaluate(keys.get(i), scope);
                dict.put(key, in.evaluate(values.get(i), scope));
            }
            return dict;
        }
    }

    /** {@code yes if test else no}; {@code no} may be null. */
    record Conditional(Expression test, Expression yes, Expression no) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            if (Values.truth(in.evaluate(test, scope))) {
                return in.evaluate(yes, scope);
            }
            return no != null ? in.evaluate(no, scope)
                    : Undefined.because("the inline if-expression evaluated to false and no else section was defined.");
        }
    }

    /** One of {@code + - * / // % ** ~}. */
    record Binary(String operator, Expression left, Expression right) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object a = in.evaluate(left, scope);
            Object b = in.evaluate(right, scope);
            return operator.equals("~") ? in.join(Text.EMPTY, Arrays.asList(a, b))
                    : in.operators.binary(operator, a, b);
        }
    }

    /** {@code left and right} or {@code left or right}. */
    record Logic(boolean isAnd, Expression left, Expression right) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object value = in.evaluate(left, scope);
            return Values.truth(value) == isAnd ? in.evaluate(right, scope) : value;
        }
    }

    record Not(Expression operand) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            return !Values.truth(in.evaluate(operand, scope));
        }
    }

    /** {@code -x} or {@code +x}. */
    record Sign(boolean negative, Expression operand) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            return in.operators.sign(negative, in.evaluate(operand, scope));
        }
    }

    /** {@code first op0 rest0 op1 rest1 …}. */
    record Compare(Expression first, List<String> operators, List<Expression> rest) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object left = in.evaluate(first, scope);
            for (int i = 0; i < rest.size(); i++) {
                Object right = in.evaluate(rest.get(i), scope);
                if (!in.operators.compare(operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }
    }

    record Attribute(Expression object, Text name) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            return in.attributes.attribute(in.evaluate(object, scope), name);
        }
    }

    record Item(Expression object, Expression index) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object container = in.evaluate(object, scope);
            return in.attributes.item(container, in.evaluate(index, scope));
        }
    }

    /** {@code object[start:stop:step]}; each bound may be null. */
    record Slice(Expression object, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object container = in.evaluate(object, scope);
            Object from = start == null ? null : in.evaluate(start, scope);
            Object to = stop == null ? null : in.evaluate(stop, scope);
            return in.operators.slice(container, from, to, step == null ? null : in.evaluate(step, scope));
        }
    }

    record Call(Expression function, ArgumentList arguments, int line) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            return call(in, scope, null);
        }

        /** Calls with the body of a call block, if it is not null, as one more argument. */
        Object call(Interpreter in, Scope scope, Macro caller) {
            Object callee = in.evaluate(function, scope);
            Arguments given = arguments.evaluate(in, scope);
            in.line = line;
            Undefined.refuse(callee);
            if (!(callee instanceof PyObject.Callable callable)) {
                throw PythonError.type("'" + Values.typeName(callee) + "' object is not callable");
            }
            Object result = callable.call(caller == null ? given : given.with("caller", caller));
            in.line = line;
            return result;
        }
    }

    record Filter(Expression input, String name, ArgumentList arguments, int line) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object value = in.evaluate(input, scope);
            Arguments given = arguments.evaluate(in, scope);
            in.line = line;
            return in.filters.apply(name, value, given);
        }
    }

    record Test(Expression input, String name, ArgumentList arguments) implements Expression {
        @Override
        public Object value(Interpreter in, Scope scope) {
            Object value = in.evaluate(input, scope);
            return in.tests.apply(name, value, arguments.evaluate(in, scope));
        }
    }
}
