package org.djlquant.chat.jinja;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Attributes;
import org.djlquant.chat.python.Budget;
import org.djlquant.chat.python.Operators;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.Values;

/**
 * The state of one rendering: the output that statements write to, and what expressions compute with. Used once
 * and by one thread.
 */
final class Interpreter {

    final Values values;
    final Operators operators;
    final Attributes attributes;
    final Filters filters;
    final Tests tests;
    private final Clock clock;
    /** The scope of the statements that are in no other one. */
    final Scope top;
    private TextBuilder out;
    /** Whether output is escaped for HTML, as it is within autoescape tags only. */
    boolean autoescape;
    /** Line of the template for errors. */
    int line;

    /**
     * A rendering.
     *
     * @param variables the names that the template sees besides the functions of {@link Globals}
     */
    Interpreter(Budget budget, Clock clock, Map<String, ?> variables) {
        this.clock = clock;
        values = new Values(budget);
        operators = new Operators(values);
        attributes = new Attributes(values);
        filters = new Filters(this);
        tests = new Tests(this);
        out = values.builder();
        Scope outside = new Scope(null);
        Globals.define(this, outside);
        for (Map.Entry<String, ?> variable : variables.entrySet()) {
            outside.set(variable.getKey(), variable.getValue());
        }
        top = new Scope(outside);
    }

    Clock clock() {
        return clock == null ? Clock.systemDefaultZone() : clock;
    }

    /** Renders a whole template; its blocks are the attributes of {@code self}. */
    Text render(List<Statement> template, Map<String, Statement.Block> blocks) {
        top.set("self", new Self(this, blocks));
        try {
            run(template, top);
            return out.build();
        } catch (PythonError e) {
            throw e.at(line);
        } catch (StackOverflowError e) {
            throw PythonError.limit("calls, values or expressions nest too deeply for this thread's stack").at(line);
        } catch (OutOfMemoryError e) {
            // Everything the rendering held is garbage from here on; the steps only bound it for heaps of usual size.
            throw PythonError.limit("it needs more memory than there is").at(line);
        }
    }

    // -- statements

    Statement.Flow run(List<Statement> statements, Scope scope) {
        for (int i = 0; i < statements.size(); i++) {
            Statement statement = statements.get(i);
            line = statement.line();
            values.budget().step();
            Statement.Flow flow = statement.run(this, scope);
            if (flow != Statement.Flow.NEXT) {
                return flow;
            }
        }
        return Statement.Flow.NEXT;
    }

    void emit(Object value) {
        out.append(values.str(value, autoescape));
    }

    /** Begins the text of a call; gives what {@link #end} needs. */
    TextBuilder begin() {
        values.budget().enter();
        TextBuilder outer = out;
        out = values.builder();
        return outer;
    }

    /** Ends the text of a call, and goes on with the output outside. */
    Text end(TextBuilder outer) {
        Text text = out.build(autoescape);
        out = outer;
        values.budget().leave();
        return text;
    }

    /** Runs the body of a set or filter block, whose text {@link Statement#BLOCK_TEXT} then is. */
    Statement.Flow capture(List<Statement> body, Scope scope) {
        TextBuilder outer = begin();
        Statement.Flow flow = run(body, scope);
        scope.set(((Expression.Name) Statement.BLOCK_TEXT).name(), end(outer));
        return flow;
    }

    /** Refuses to assign to attributes of anything but namespaces. */
    void requireNamespaces(Expression target, Scope scope) {
        if (target instanceof Expression.Attribute attribute
                && !(evaluate(attribute.object(), scope) instanceof Namespace)) {
            throw PythonError.runtime("cannot assign attribute on non-namespace object");
        }
        if (target instanceof Expression.Sequence tuple) {
            tuple.items().forEach(item -> requireNamespaces(item, scope));
        }
    }

    /** Assigns to a name, an attribute of a namespace, or a tuple of them. */
    void assign(Expression target, Object value, Scope scope) {
        if (target instanceof Expression.Name name) {
            scope.set(name.name(), value);
        } else if (target instanceof Expression.Attribute attribute) {
            ((Namespace) evaluate(attribute.object(), scope)).attributes().put(attribute.name(), value);
        } else {
            List<Expression> items = ((Expression.Sequence) target).items();
            List<Object> unpacked = values.unpack(value, items.size());
            for (int i = 0; i < unpacked.size(); i++) {
                assign(items.get(i), unpacked.get(i), scope);
            }
        }
    }

    // -- expressions

    Object evaluate(Expression expression, Scope scope) {
        values.budget().step();
        return expression.value(this, scope);
    }

    List<Object> evaluate(List<Expression> expressions, Scope scope) {
        List<Object> results = new ArrayList<>(expressions.size());
        for (int i = 0; i < expressions.size(); i++) {
            results.add(evaluate(expressions.get(i), scope));
        }
        return results;
    }

    /** Joins values; where autoescaping is on, a safe text among them makes the result safe and escapes the others. */
    Text join(Object separator, List<Object> parts) {
        boolean safe = false;
        for (int i = 0; autoescape && i <= parts.size(); i++) {
            safe |= (i == 0 ? separator : parts.get(i - 1)) instanceof Text text && text.isMarkup();
        }
        Text between = values.str(separator, safe);
        TextBuilder joined = values.builder();
        for (int i = 0; i < parts.size(); i++) {
            joined.append(i == 0 ? Text.EMPTY : between).append(values.str(parts.get(i), safe));
        }
        return joined.build(safe);
    }

    /** The {@code self} of a template: its blocks by name, each rendered by calling it. */
    private record Self(Interpreter in, Map<String, Statement.Block> blocks) implements PyObject {
        @Override
        public String type() {
            return "TemplateReference";
        }

        @Override
        public Object attribute(String name) {
            return blocks.containsKey(name) ? blocks.get(name).asMacro(in) : MISSING;
        }

        @Override
        public void repr(Values values, TextBuilder out) {
            out.append("<TemplateReference None>");
        }
    }
}
