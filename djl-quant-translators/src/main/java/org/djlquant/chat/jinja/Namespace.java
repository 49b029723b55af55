package org.djlquant.chat.jinja;

import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.TextBuilder;
import org.djlquant.chat.python.Values;

/** Jinja's namespace: the one object whose attributes a template can set. */
record Namespace(Dict attributes) implements PyObject {

    @Override
    public String type() {
        return "Namespace";
    }

    @Override
    public Object attribute(String name) {
        return attributes.find(Text.of(name));
    }

    @Override
    public void repr(Values values, TextBuilder out) {
        out.append("<Namespace ");
        attributes.repr(values, out);
        out.append(">");
    }
}
