package org.djlquant.chat.python;

import java.util.ArrayList;
import java.util.List;

/**
 * Python's {@code pprint.pformat}: one line if it fits, else one element a line; dicts whose keys are all str are
 * sorted.
 */
public record PrettyPrint(Values values) {

    private static final int WIDTH = 80;

    /** The printed value. */
    public Text print(Object value) {
        TextBuilder out = values.builder();
        print(sorted(value), 0, 0, out);
        return out.build();
    }

    private Object sorted(Object value) {
        if (value instanceof Dict dict) {
            Dict copy = new Dict();
            boolean named = dict.list("keys").stream().allMatch(Text.class::isInstance);
            List<Object> items = dict.list("items");
            for (Object pair : named ? values.sorted(items, item -> ((Seq) item).items().get(0), false) : items) {
                copy.put(((Seq) pair).items().get(0), sorted(((Seq) pair).items().get(1)));
            }
            return copy;
        }
        if (value instanceof Seq seq) {
            List<Object> items = new ArrayList<>();
            seq.items().forEach(item -> items.add(sorted(item)));
            return seq.like(items);
        }
        return value;
    }

    private void print(Object value, int indent, int allowance, TextBuilder out) {
        Text line = values.representation(value);
        if (!(value instanceof Dict) && !(value instanceof Seq) || line.s.length() <= WIDTH - indent - allowance) {
            out.append(line);
            return;
        }
        List<Object> items = value instanceof Dict dict ? dict.list("items") : ((Seq) value).items();
        // The brackets and the comma of a tuple of one are those of the repr.
        out.append(line, 0, 1);
        for (int i = 0; i < items.size(); i++) {
            boolean last = i == items.size() - 1;
            Object element = items.get(i);
            int column = indent + 1;
            if (value instanceof Dict) {
                Text key = values.representation(((Seq) element).items().get(0));
                out.append(key).append(": ");
                column += key.s.length() + 2;
                element = ((Seq) element).items().get(1);
            }
            print(element, column, last ? allowance + 1 : 1, out);
            out.append(last ? value instanceof Seq seq && seq.isTuple() && seq.size() == 1 ? "," : ""
                    : ",\n" + " ".repeat(indent + 1));
        }
        out.append(line, line.s.length() - 1, line.s.length());
    }
}
