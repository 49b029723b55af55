package org.djlquant.chat.jinja;

import java.util.Iterator;
import java.util.List;
import org.djlquant.chat.python.Generator;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.Values;

/** A statement of a template: what the parser makes, and how it runs. */
sealed interface Statement {

    /** What comes after a statement. */
    enum Flow { NEXT, BREAK, CONTINUE }

    /** The text of a set or filter block, for the filters that follow; no template can spell its name. */
    Expression BLOCK_TEXT = new Expression.Name("(text)");

    /** Line where it begins. */
    int line();

    /** Runs it; callers go through {@link Interpreter#run}, which counts. */
    Flow run(Interpreter in, Scope scope);

    record Data(Text text, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            in.emit(text.asMarkup(in.autoescape));
            return Flow.NEXT;
        }
    }

    record Print(Expression value, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            in.emit(in.evaluate(value, scope));
            return Flow.NEXT;
        }
    }

    /** Tests with a body each; one more body is that of {@code else}. */
    record If(List<Expression> tests, List<List<Statement>> bodies, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            int i = 0;
            while (i < tests.size() && !Values.truth(in.evaluate(tests.get(i), scope))) {
                i++;
            }
            return i < bodies.size() ? in.run(bodies.get(i), scope) : Flow.NEXT;
        }
    }

    /** {@code filter} may be null. */
    record For(Expression target, Expression iterable, Expression filter, boolean recursive, List<Statement> body,
            List<Statement> otherwise, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            Object items = in.evaluate(iterable, scope);
            if (recursive) {
                in.emit(render(in, items, scope, 0));
            } else {
                loop(in, items, scope, 0);
            }
            return Flow.NEXT;
        }

        /** The text of a recursive loop. */
        Text render(Interpreter in, Object items, Scope scope, long depth) {
            TextBuilder outer = in.begin();
            loop(in, items, scope, depth);
            return in.end(outer);
        }

        private void loop(Interpreter in, Object items, Scope scope, long depth) {
            Iterator<Object> iterator = in.values.iterate(items);
            Object counted = items;
            if (filter != null) {
                Iterator<Object> all = iterator;
                counted = new Generator("generator", () -> all, item -> {
                    Scope test = new Scope(scope);
                    in.assign(target, item, test);
                    return Values.truth(in.evaluate(filter, test)) ? item : PyObject.MISSING;
                });
                iterator = (Generator) counted;
            }
            LoopContext context = new LoopContext(in, this, counted, iterator, scope, depth);
            // Jinja's generated code clears this at the end of a pass, so passes cut short do not count.
            boolean passed = false;
            while (context.hasNext()) {
                in.values.budget().step();
                Scope pass = new Scope(scope);
                in.assign(target, context.next(), pass);
                pass.set("loop", context);
                Flow flow = in.run(body, pass);
                if (flow == Flow.BREAK) {
                    break;
                }
                passed |= flow == Flow.NEXT;
            }
            if (!passed) {
                in.run(otherwise, new Scope(scope));
            }
        }
    }

    /** {@code break} or {@code continue}. */
    record Jump(Flow flow, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            return flow;
        }
    }

    record Set(Expression target, Expression value, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            in.requireNamespaces(target, scope);
            in.assign(target, in.evaluate(value, scope), scope);
            return Flow.NEXT;
        }
    }

    /** Sets what an expression makes of the text of the body. */
    record SetBlock(Expression target, Expression value, List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            Scope inner = new Scope(scope);
            Flow flow = in.capture(body, inner);
            if (flow == Flow.NEXT) {
                in.requireNamespaces(target, scope);
                in.assign(target, in.evaluate(value, inner), scope);
            }
            return flow;
        }
    }

    /** Prints what filters make of the text of the body. */
    record FilterBlock(Expression value, List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            Scope inner = new Scope(scope);
            Flow flow = in.capture(body, inner);
            if (flow == Flow.NEXT) {
                in.emit(in.evaluate(value, inner));
            }
            return flow;
        }
    }

    record With(List<Expression> targets, List<Expression> values, List<Statement> body, int line)
            implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            Scope inner = new Scope(scope);
            for (int i = 0; i < targets.size(); i++) {
                in.assign(targets.get(i), in.evaluate(values.get(i), scope), inner);
            }
            return in.run(body, inner);
        }
    }

    record MacroDefinition(Macro.Definition definition, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            scope.set(definition.name(), new Macro(in, definition, scope));
            return Flow.NEXT;
        }
    }

    record CallBlock(Expression.Call call, Macro.Definition caller, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            in.emit(call.call(in, scope, new Macro(in, caller, scope)));
            return Flow.NEXT;
        }
    }

    record Block(String name, boolean scoped, boolean required, List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            if (required) {
                throw PythonError.runtime("Required block '" + name + "' not found");
            }
            return in.run(body, new Scope(scoped ? scope : in.top));
        }

        /** The block as a member of {@code self}. */
        Macro asMacro(Interpreter in) {
            return new Macro(in, new Macro.Definition(name, List.of(), List.of(), body, false, false, false), in.top);
        }
    }

    record Autoescape(Expression on, List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            Scope inner = new Scope(scope);
            boolean before = in.autoescape;
            in.autoescape = Values.truth(in.evaluate(on, inner));
            Flow flow = in.run(body, inner);
            in.autoescape = before;
            return flow;
        }
    }

    /** The body of a {@code generation} tag: a scope of its own. */
    record Generation(List<Statement> body, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            return in.run(body, new Scope(scope));
        }
    }

    /** {@code extends}, {@code include}, {@code import}: a chat template has no other templates. */
    record Load(String tag, int line) implements Statement {
        @Override
        public Flow run(Interpreter in, Scope scope) {
            throw PythonError.type("no loader for this environment specified: a chat template cannot " + tag
                    + " other templates");
        }
    }
}
