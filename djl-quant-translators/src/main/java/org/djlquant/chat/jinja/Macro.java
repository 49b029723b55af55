package org.djlquant.chat.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/** A macro, or the body of a call block as its {@code caller}, where it was defined. */
record Macro(Interpreter in, Definition definition, Scope definedIn) implements PyObject.Callable {

    /** Parameters and body of a macro; the last defaults belong to the last parameters. A caller has no name. */
    record Definition(String name, List<String> parameters, List<Expression> defaults, List<Statement> body,
            boolean usesCaller, boolean usesKwargs, boolean usesVarargs) {}

    @Override
    public Object call(Arguments arguments) {
        Scope scope = new Scope(definedIn);
        bind(arguments, scope);
        TextBuilder outer = in.begin();
        // A default may use the parameters before it.
        List<String> parameters = definition.parameters;
        int required = parameters.size() - definition.defaults.size();
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            if (scope.get(name) == PyObject.MISSING) {
                scope.set(name, i < required ? Undefined.because("parameter '" + name + "' was not provided")
                        : in.evaluate(definition.defaults.get(i - required), scope));
            }
        }
        in.run(definition.body, scope);
        return in.end(outer);
    }

    private void bind(Arguments arguments, Scope scope) {
        List<String> parameters = definition.parameters;
        List<Object> given = arguments.positional();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            scope.set(name, i < given.size() ? given.get(i) : named.containsKey(name) ? named.remove(name) : MISSING);
        }
        if (definition.usesCaller && !parameters.contains("caller")) {
            scope.set("caller", named.containsKey("caller") ? named.remove("caller")
                    : Undefined.because("No caller defined"));
        }
        if (definition.usesKwargs) {
            scope.set("kwargs", Dict.of(named));
        } else if (!named.isEmpty()) {
            throw PythonError.type("macro " + described() + " takes no keyword argument "
                    + Values.quote(named.keySet().iterator().next()));
        }
        if (definition.usesVarargs) {
            scope.set("varargs", Seq.tuple(given.subList(Math.min(parameters.size(), given.size()), given.size())));
        } else if (given.size() > parameters.size()) {
            throw PythonError.type("macro " + described() + " takes not more than " + parameters.size()
                    + " argument(s)");
        }
    }

    private String described() {
        return definition.name == null ? "None" : "'" + definition.name + "'";
    }

    @Override
    public String type() {
        return "Macro";
    }

    @Override
    public Object attribute(String name) {
        return switch (name) {
            case "name" -> definition.name == null ? null : Text.of(definition.name);
            case "arguments" -> Seq.tuple(definition.parameters.stream().map(p -> (Object) Text.of(p)).toList());
            case "caller" -> definition.usesCaller;
            case "catch_kwargs" -> definition.usesKwargs;
            case "catch_varargs" -> definition.usesVarargs;
            default -> MISSING;
        };
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append("<Macro " + (definition.name == null ? "anonymous" : described()) + ">");
    }
}
