package org.djlquant.chat;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.Node.Expr;
import org.djlquant.chat.Node.Stmt;
import org.djlquant.chat.ValueTypes.Callable;
import org.djlquant.chat.ValueTypes.Generator;
import org.djlquant.chat.ValueTypes.Namespace;
import org.djlquant.chat.ValueTypes.Scope;
import org.djlquant.chat.ValueTypes.Undefined;

/**
 * One rendering of a template: walks the syntax tree, statements writing to the current output and expressions
 * giving values. Used once and by one thread.
 */
final class Interpreter {

    private enum Flow { NEXT, BREAK, CONTINUE }

    private final Values values;
    private final Operators operators;
    private final Subscripts subscripts;
    private final Attributes attributes;
    private final Methods methods;
    private final Filters filters;
    private final Tests tests;
    private final Clock clock;
    private Scope top;
    private TextBuilder out = new TextBuilder();
    private boolean autoescape;
    private int line;

    Interpreter(Budget budget, Clock clock) {
        this.clock = clock;
        values = new Values(budget);
        operators = new Operators(values);
        subscripts = new Subscripts(values);
        attributes = new Attributes(subscripts);
        methods = new Methods(this);
        filters = new Filters(this);
        tests = new Tests(this);
    }

    Values values() {
        return values;
    }

    Operators operators() {
        return operators;
    }

    Attributes attributes() {
        return attributes;
    }

    Methods methods() {
        return methods;
    }

    Filters filters() {
        return filters;
    }

    Tests tests() {
        return tests;
    }

    Clock clock() {
        return clock;
    }

    boolean autoescape() {
        return autoescape;
    }

    /** Renders a whole template with the variables of a scope. */
    TextBuilder render(List<Stmt> template, Scope variables) {
        top = new Scope(variables);
        top.set("self", new Blocks(template));
        try {
            run(template, top);
        } catch (ChatTemplateException e) {
            throw e.at(line);
        } catch (StackOverflowError e) {
            throw Budget.exceeded("calls, values or expressions nest too deeply for this thread's stack").at(line);
        } catch (OutOfMemoryError e) {
            // Everything the rendering held is garbage from here on; the steps only bound it for heaps of usual size.
            throw Budget.exceeded("it needs more memory than there is").at(line);
        }
        return out;
    }

    /** Renders statements into a text of their own, as a macro's body is. */
    Text render(List<Stmt> body, Scope scope, Runnable before) {
        TextBuilder outer = out;
        int callLine = line;
        out = new TextBuilder();
        values.budget.enter();
        before.run();
        run(body, scope);
        values.budget.leave();
        Text text = out.build(autoescape);
        out = outer;
        line = callLine;
        return text;
    }

    private void emit(Object value) {
        Text text = autoescape ? values.escape(value) : values.str(value);
        values.budget.append(out.length(), text.s.length());
        out.append(text);
    }

    private Flow run(List<Stmt> statements, Scope scope) {
        for (int i = 0; i < statements.size(); i++) {
            Flow flow = run(statements.get(i), scope);
            if (flow != Flow.NEXT) {
                return flow;
            }
        }
        return Flow.NEXT;
    }

    private Flow run(Stmt statement, Scope scope) {
        line = statement.line();
        values.budget.step();
        switch (statement) {
            case Node.Data data -> emit(data.text().asMarkup(autoescape));
            case Node.Print print -> emit(evaluate(print.value(), scope));
            case Node.If condition -> {
                for (int i = 0; i < condition.tests().size(); i++) {
                    Expr test = condition.tests().get(i);
                    if (test == null || values.truth(evaluate(test, scope))) {
                        return run(condition.bodies().get(i), scope);
                    }
                }
            }
            case Node.Set set -> {
                requireNamespaces(set.target(), scope);
                assign(set.target(), evaluate(set.value(), scope), scope);
            }
            case Node.For loop -> {
                Object iterable = evaluate(loop.iterable(), scope);
                if (loop.recursive()) {
                    emit(recursiveLoop(loop, iterable, scope, 0));
                } else {
                    loop(loop, iterable, scope, 0);
                }
            }
            case Node.MacroDefinition macro -> scope.set(macro.signature().name(), new Macro(macro.signature(), scope));
            case Node.Break stop -> {
                return Flow.BREAK;
            }
            case Node.Continue skip -> {
                return Flow.CONTINUE;
            }
            case Node.CallBlock call -> {
                Macro caller = new Macro(call.signature(), scope);
                emit(call(call.call(), scope, caller));
            }
            case Node.Generation generation -> emit(render(generation.body(), new Scope(scope), () -> { }));
            case Node.Block block -> {
                if (block.required()) {
                    throw ChatTemplateException.runtime("Required block " + Values.quote(block.name()) + " not found");
                }
                run(block.body(), new Scope(block.scoped() ? scope : top));
            }
            case Node.Load load -> throw ChatTemplateException.type(
                    "no loader for this environment specified: a chat template cannot " + load.tag() + " other templates");
            default -> {
                return runScoped(statement, new Scope(scope), scope);
            }
        }
        return Flow.NEXT;
    }

    /** Statements whose body has a scope of its own. */
    private Flow runScoped(Stmt statement, Scope inner, Scope outer) {
        switch (statement) {
            case Node.With with -> {
                for (int i = 0; i < with.targets().size(); i++) {
                    assign(with.targets().get(i), evaluate(with.values().get(i), outer), inner);
                }
                return run(with.body(), inner);
            }
            case Node.SetBlock block -> {
                TextBuilder before = out;
                out = new TextBuilder();
                Flow flow = run(block.body(), inner);
                Object text = out.build(autoescape);
                out = before;
                if (flow != Flow.NEXT) {
                    return flow;
                }
                requireNamespaces(block.target(), outer);
                assign(block.target(), block.filter() == null ? text : filtered(block.filter(), text, inner), outer);
            }
            case Node.FilterBlock block -> {
                TextBuilder before = out;
                out = new TextBuilder();
                Flow flow = run(block.body(), inner);
                Object text = out.build(autoescape);
                out = before;
                if (flow != Flow.NEXT) {
                    return flow;
                }
                emit(filtered(block.filter(), text, inner));
            }
            case Node.Autoescape block -> {
                boolean before = autoescape;
                autoescape = values.truth(evaluate(block.on(), inner));
                Flow flow = run(block.body(), inner);
                autoescape = before;
                return flow;
            }
            default -> throw new AssertionError(statement);
        }
        return Flow.NEXT;
    }

    /** Applies the filters of a block, the innermost of which has no input expression, to its text. */
    private Object filtered(Node.Filter filter, Object text, Scope scope) {
        Object input = filter.input() == null ? text : filtered((Node.Filter) filter.input(), text, scope);
        return filters.apply(filter.name(), input, arguments(filter.arguments(), scope));
    }

    Text recursiveLoop(Node.For loop, Object iterable, Scope scope, long depth) {
        return render(List.of(), scope, () -> loop(loop, iterable, scope, depth));
    }

    private void loop(Node.For loop, Object iterable, Scope scope, long depth) {
        Iterator<Object> items = values.iterate(iterable);
        if (loop.filter() != null) {
            items = Generator.filtered(items, item -> {
                Scope test = new Scope(scope);
                assign(loop.target(), item, test);
                return values.truth(evaluate(loop.filter(), test));
            });
        }
        LoopContext context = new LoopContext(values, loop.filter() == null ? iterable : null, items,
                loop.recursive() ? loop : null, scope, depth);
        // Jinja's generated code clears this at the end of a pass, so passes cut short do not count.
        boolean passed = false;
        while (context.hasNext()) {
            values.budget.step();
            Scope pass = new Scope(scope);
            assign(loop.target(), context.next(), pass);
            pass.set("loop", context);
            Flow flow = run(loop.body(), pass);
            if (flow == Flow.BREAK) {
                break;
            }
            passed |= flow == Flow.NEXT;
        }
        if (!passed) {
            run(loop.otherwise(), new Scope(scope));
        }
    }

    private void requireNamespaces(Node.Target target, Scope scope) {
        switch (target) {
            case Node.NamespaceTarget ns when !(scope.get(ns.name()) instanceof Namespace) ->
                    throw ChatTemplateException.runtime("cannot assign attribute on non-namespace object");
            case Node.TupleTarget tuple -> tuple.items().forEach(item -> requireNamespaces(item, scope));
            default -> { }
        }
    }

    private void assign(Node.Target target, Object value, Scope scope) {
        switch (target) {
            case Node.NameTarget name -> scope.set(name.name(), value);
            case Node.NamespaceTarget ns ->
                    ((Namespace) scope.get(ns.name())).attributes.put(Text.of(ns.attribute()), value);
            case Node.TupleTarget tuple -> unpack(tuple.items(), value, scope);
        }
    }

    private void unpack(List<Node.Target> targets, Object value, Scope scope) {
        if (!values.isIterable(value)) {
            throw ChatTemplateException.type("cannot unpack non-iterable " + Values.typeName(value) + " object");
        }
        Iterator<Object> items = values.iterate(value);
        List<Object> unpacked = new ArrayList<>(targets.size());
        while (items.hasNext() && unpacked.size() < targets.size()) {
            unpacked.add(items.next());
        }
        if (unpacked.size() < targets.size()) {
            throw ChatTemplateException.value("not enough values to unpack (expected " + targets.size() + ", got "
                    + unpacked.size() + ")");
        }
        if (items.hasNext()) {
            throw ChatTemplateException.value("too many values to unpack (expected " + targets.size() + ")");
        }
        for (int i = 0; i < unpacked.size(); i++) {
            assign(targets.get(i), unpacked.get(i), scope);
        }
    }

    // -- expressions

    Object evaluate(Expr expression, Scope scope) {
        values.budget.step();
        return switch (expression) {
            case Node.Const constant -> constant.value();
            case Node.Name name -> {
                Object value = scope.get(name.name());
                yield value == Scope.MISSING ? Undefined.name(name.name()) : value;
            }
            case Node.Attribute access -> attributes.attribute(evaluate(access.object(), scope), access.name());
            case Node.Item item -> item(item, scope);
            case Node.Call call -> call(call, scope, null);
            case Node.Filter filter -> {
                Object input = evaluate(filter.input(), scope);
                CallArguments arguments = arguments(filter.arguments(), scope);
                line = filter.line();
                yield filters.apply(filter.name(), input, arguments);
            }
            case Node.Test test -> {
                Object input = evaluate(test.input(), scope);
                yield tests.apply(test.name(), input, arguments(test.arguments(), scope));
            }
            case Node.Compare compare -> compare(compare, scope);
            case Node.Binary binary ->
                    operators.binary(binary.operator(), evaluate(binary.left(), scope), evaluate(binary.right(), scope));
            case Node.Concat concat -> concat(concat, scope);
            case Node.And and -> {
                Object left = evaluate(and.left(), scope);
                yield values.truth(left) ? evaluate(and.right(), scope) : left;
            }
            case Node.Or or -> {
                Object left = evaluate(or.left(), scope);
                yield values.truth(left) ? left : evaluate(or.right(), scope);
            }
            case Node.Not not -> !values.truth(evaluate(not.operand(), scope));
            case Node.Conditional choice -> {
                if (values.truth(evaluate(choice.test(), scope))) {
                    yield evaluate(choice.yes(), scope);
                }
                yield choice.no() != null ? evaluate(choice.no(), scope)
                        : Undefined.because("the inline if-expression on line " + choice.line()
                                + " evaluated to false and no else section was defined.");
            }
            case Node.Sign sign -> operators.sign(sign.negative(), evaluate(sign.operand(), scope));
            case Node.ListLiteral list -> Seq.list(all(list.items(), scope));
            case Node.TupleLiteral tuple -> Seq.tuple(all(tuple.items(), scope));
            case Node.DictLiteral dict -> {
                Dict result = new Dict(dict.keys().size());
                for (int i = 0; i < dict.keys().size(); i++) {
                    Object key = evaluate(dict.keys().get(i), scope);
                    result.put(key, evaluate(dict.values().get(i), scope));
                }
                yield result;
            }
            case Node.Slice slice -> throw new AssertionError(slice);
        };
    }

    private List<Object> all(List<Expr> expressions, Scope scope) {
        List<Object> results = new ArrayList<>(expressions.size());
        for (Expr expression : expressions) {
            results.add(evaluate(expression, scope));
        }
        return results;
    }

    private Object item(Node.Item item, Scope scope) {
        Object object = evaluate(item.object(), scope);
        if (item.index() instanceof Node.Slice slice) {
            Object start = slice.start() == null ? null : evaluate(slice.start(), scope);
            Object stop = slice.stop() == null ? null : evaluate(slice.stop(), scope);
            Object step = slice.step() == null ? null : evaluate(slice.step(), scope);
            return subscripts.slice(object, start, stop, step);
        }
        return attributes.item(object, evaluate(item.index(), scope));
    }

    private Object compare(Node.Compare compare, Scope scope) {
        Object left = evaluate(compare.first(), scope);
        for (int i = 0; i < compare.rest().size(); i++) {
            Object right = evaluate(compare.rest().get(i), scope);
            if (!operators.compare(compare.operators().get(i), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private Object concat(Node.Concat concat, Scope scope) {
        List<Object> parts = all(concat.parts(), scope);
        boolean markup = autoescape && parts.stream().anyMatch(part -> part instanceof Text text && text.markup);
        TextBuilder joined = new TextBuilder();
        for (Object part : parts) {
            Text text = markup ? values.escape(part) : values.str(part);
            values.budget.append(joined.length(), text.s.length());
            joined.append(text);
        }
        return joined.build(markup);
    }

    private CallArguments arguments(Node.Arguments arguments, Scope scope) {
        List<Object> positional = all(arguments.positional(), scope);
        if (arguments.names().isEmpty() && arguments.list() == null && arguments.dict() == null) {
            return new CallArguments(positional, Map.of());
        }
        if (arguments.list() != null) {
            positional.addAll(values.list(evaluate(arguments.list(), scope)));
        }
        Map<String, Object> named = new LinkedHashMap<>();
        for (int i = 0; i < arguments.names().size(); i++) {
            named.put(arguments.names().get(i), evaluate(arguments.named().get(i), scope));
        }
        if (arguments.dict() != null) {
            spread(evaluate(arguments.dict(), scope), named);
        }
        return new CallArguments(positional, named);
    }

    private static void spread(Object value, Map<String, Object> named) {
        if (!(value instanceof Dict dict)) {
            throw ChatTemplateException.type("argument after ** must be a mapping, not " + Values.typeName(value));
        }
        for (Dict.Entry entry : dict.entries()) {
            if (!(entry.key() instanceof Text name)) {
                throw ChatTemplateException.type("keywords must be strings");
            }
            if (named.put(name.s, entry.value()) != null) {
                throw ChatTemplateException.type("got multiple values for keyword argument " + Values.quote(name.s));
            }
        }
    }

    private Object call(Node.Call call, Scope scope, Macro caller) {
        Object function = evaluate(call.function(), scope);
        CallArguments arguments = arguments(call.arguments(), scope);
        if (caller != null) {
            Map<String, Object> named = new LinkedHashMap<>(arguments.named);
            named.put("caller", caller);
            arguments = new CallArguments(arguments.positional, named);
        }
        line = call.line();
        return switch (function) {
            case Callable callable -> callable.call(this, arguments);
            case Undefined undefined -> throw undefined.error();
            case null, default ->
                    throw ChatTemplateException.type("'" + Values.typeName(function) + "' object is not callable");
        };
    }

    /** The {@code self} of a template: its blocks by name, each rendered by calling it. */
    final class Blocks {
        private final Map<String, Node.Block> blocks = new LinkedHashMap<>();

        private Blocks(List<Stmt> template) {
            Checker.blocks(template, block -> blocks.put(block.name(), block));
        }

        Object find(String name) {
            Node.Block block = blocks.get(name);
            return block == null ? null : new Macro(new Node.Signature(name, List.of(), List.of(), block.body(), false, false,
                    false), top);
        }
    }
}
