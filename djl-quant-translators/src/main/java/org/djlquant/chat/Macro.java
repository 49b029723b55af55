package org.djlquant.chat;

import java.util.List;
import org.djlquant.chat.ValueTypes.Scope;
import org.djlquant.chat.ValueTypes.Undefined;

/** A macro, or the body of a call block as its {@code caller}: parameters, defaults, and where it was defined. */
record Macro(Node.Signature signature, Scope definedIn) implements ValueTypes.Callable {

    String name() {
        return signature.name();
    }

    @Override
    public Object call(Interpreter in, CallArguments arguments) {
        Scope scope = new Scope(definedIn);
        List<String> parameters = signature.parameters();
        List<Object> given = arguments.positional;
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            Object value = i < given.size() ? given.get(i)
                    : arguments.named.containsKey(name) ? arguments.named.remove(name) : Scope.MISSING;
            scope.set(name, value);
        }
        if (signature.usesCaller() && !parameters.contains("caller")) {
            scope.set("caller", arguments.named.containsKey("caller") ? arguments.named.remove("caller")
                    : Undefined.because("No caller defined"));
        }
        refuseRest(arguments, scope);
        return in.render(signature.body(), scope, () -> defaults(in, scope));
    }

    private void refuseRest(CallArguments arguments, Scope scope) {
        String described = name() == null ? "None" : Values.quote(name());
        int parameters = signature.parameters().size();
        if (signature.usesKwargs()) {
            Dict rest = new Dict();
            arguments.named.forEach((name, value) -> rest.put(Text.of(name), value));
            scope.set("kwargs", rest);
        } else if (!arguments.named.isEmpty()) {
            if (arguments.named.containsKey("caller")) {
                throw ChatTemplateException.type("macro " + described + " was invoked with two values for the special caller"
                        + " argument. This is most likely a bug.");
            }
            throw ChatTemplateException.type("macro " + described + " takes no keyword argument "
                    + Values.quote(arguments.named.keySet().iterator().next()));
        }
        List<Object> given = arguments.positional;
        if (signature.usesVarargs()) {
            scope.set("varargs", Seq.tuple(given.subList(Math.min(parameters, given.size()), given.size())));
        } else if (given.size() > parameters) {
            throw ChatTemplateException.type("macro " + described + " takes not more than " + parameters + " argument(s)");
        }
    }

    /** Fills in defaults in order, inside the call: one may use the parameters before it. */
    private void defaults(Interpreter in, Scope scope) {
        List<String> parameters = signature.parameters();
        int required = parameters.size() - signature.defaults().size();
        for (int i = 0; i < parameters.size(); i++) {
            String name = parameters.get(i);
            if (scope.get(name) == Scope.MISSING) {
                scope.set(name, i < required
                        ? Undefined.because("parameter " + Values.quote(name) + " was not provided")
                        : in.evaluate(signature.defaults().get(i - required), scope));
            }
        }
    }

    @Override
    public String type() {
        return "Macro";
    }
}
