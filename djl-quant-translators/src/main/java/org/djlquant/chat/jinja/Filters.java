package org.djlquant.chat.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.djlquant.chat.python.Arguments;
import org.djlquant.chat.python.Dict;
import org.djlquant.chat.python.Generator;
import org.djlquant.chat.python.Json;
import org.djlquant.chat.python.PyObject;
import org.djlquant.chat.python.PythonError;
import org.djlquant.chat.python.Seq;
import org.djlquant.chat.python.Signature;
import org.djlquant.chat.python.Strings;
import org.djlquant.chat.python.Text;
import org.djlquant.chat.python.Undefined;
import org.djlquant.chat.python.Values;

/**
 * The filters by name. Those on collections are here, those on text and numbers in {@link TextFilters}. Filters
 * that Python writes as generators are lazy here too: they run, and fail, when their values are taken.
 */
final class Filters {

    private static final Map<String, Signature> SIGNATURES = Signature.table("""
            abs(); attr(name); batch(linecount, fill_with=None); capitalize(); center(width=80); count();
            d(default_value='', boolean=False); default(default_value='', boolean=False);
            dictsort(case_sensitive=False, by='key', reverse=False); e(); escape(); filesizeformat(binary=False);
            first(); float(default=0.0); forceescape(); format(*);
            groupby(attribute, default=None, case_sensitive=False); indent(width=4, first=False, blank=False);
            int(default=0, base=10); items(); join(d='', attribute=None); last(); length(); list(); lower(); map(*);
            max(case_sensitive=False, attribute=None);
            min(case_sensitive=False, attribute=None); pprint(); random(); reject(*); rejectattr(*);
            replace(old, new, count=None); reverse(); round(precision=0, method='common'); safe(); select(*);
            selectattr(*); slice(slices, fill_with=None); sort(reverse=False, case_sensitive=False, attribute=None);
            string(); striptags(); sum(attribute=None, start=0); title();
            tojson(ensure_ascii=False, indent=None, separators=None, sort_keys=False); trim(chars=None);
            truncate(length=255, killwords=False, end='...', leeway=None);
            unique(case_sensitive=False, attribute=None); upper(); urlencode();
            urlize(trim_url_limit=None, nofollow=False, target=None, rel=None, extra_schemes=None); wordcount();
            wordwrap(width=79, break_long_words=True, wrapstring=None, break_on_hyphens=True);
            xmlattr(autospace=True)""");

    private final Interpreter in;
    private final Values values;
    private final TextFilters texts;

    Filters(Interpreter in) {
        this.in = in;
        values = in.values;
        texts = new TextFilters(in);
    }

    static boolean exists(String name) {
        return SIGNATURES.containsKey(name);
    }

    Object apply(String name, Object value, Arguments given) {
        if (!exists(name)) {
            throw PythonError.runtime("No filter named '" + name + "' found.");
        }
        Arguments args = SIGNATURES.get(name).bind(given);
        return switch (name) {
            case "default", "d" ->
                    value instanceof Undefined || args.flag(1) && !Values.truth(value) ? args.get(0) : value;
            case "length", "count" -> Values.length(value);
            case "list" -> Seq.list(values.list(value));
            case "first" -> first(values.iterate(value), "first");
            case "last" -> first(reversed(value).iterator(), "last");
            case "random" -> {
                List<Object> items = Values.length(value) == 0 ? List.of() : values.list(value);
                Object chosen = first(items.iterator(), "random");
                yield items.isEmpty() ? chosen : items.get((int) (Math.random() * items.size()));
            }
            case "reverse" -> reverse(value);
            case "join" -> in.join(args.get(0), mapped(value, getter(args.get(1), null, false)));
            case "items" -> lazy(() -> items(value), UnaryOperator.identity());
            case "map" -> map(value, args);
            case "select", "reject", "selectattr", "rejectattr" -> select(name, value, args);
            case "sort" -> {
                boolean reverse = args.integer(0) != 0;
                yield Seq.list(values.sorted(values.list(value), multiGetter(args.get(2), !args.flag(1)), reverse));
            }
            case "dictsort" -> dictsort(value, args);
            case "unique" -> {
                UnaryOperator<Object> key = getter(args.get(1), null, !args.flag(0));
                Set<Object> seen = new HashSet<>();
                yield lazy(() -> values.iterate(value),
                        item -> seen.add(Dict.hashable(key.apply(item))) ? item : PyObject.MISSING);
            }
            case "min", "max" -> extreme(name.equals("min") ? "<" : ">", value, args);
            case "sum" -> sum(mapped(value, getter(args.get(0), null, false)), args.get(1));
            case "groupby" -> groupBy(value, args);
            case "batch" -> lazy(() -> batches(values.list(value), args.integer(0), args.get(1)).iterator(),
                    UnaryOperator.identity());
            case "slice" -> lazy(() -> slices(values.list(value), args.integer(0), args.get(1)).iterator(),
                    UnaryOperator.identity());
            case "attr" -> {
                Undefined.refuse(value);
                Object found = in.attributes.find(value, args.text(0).toString());
                yield found == PyObject.MISSING ? Undefined.element(value, args.get(0)) : found;
            }
            case "tojson" -> Json.dumps(values, value, args);
            default -> texts.apply(name, value, args);
        };
    }

    private static Generator lazy(Supplier<Iterator<Object>> source, UnaryOperator<Object> step) {
        return new Generator("generator", source, step);
    }

    private static Object first(Iterator<Object> items, String which) {
        return items.hasNext() ? items.next() : Undefined.because("No " + which + " item, sequence was empty.");
    }

    /** Python's list(reversed()). */
    private List<Object> reversed(Object value) {
        if (value instanceof Generator || !Values.isIterable(value)) {
            throw PythonError.type("'" + Values.typeName(value) + "' object is not reversible");
        }
        return values.list(value).reversed();
    }

    private Object reverse(Object value) {
        if (value instanceof Text text) {
            return in.operators.slice(text, null, null, -1L);
        }
        if (!Values.isIterable(value)) {
            throw PythonError.runtime("argument must be iterable");
        }
        if (value instanceof Generator) {
            return Seq.list(values.list(value).reversed());
        }
        List<Object> items = reversed(value);
        return new Generator("reversed", items::iterator, UnaryOperator.identity());
    }

    private Iterator<Object> items(Object value) {
        if (!(value instanceof Dict) && !(value instanceof Undefined)) {
            throw PythonError.type("Can only get item pairs from a mapping.");
        }
        return value instanceof Dict dict ? dict.list("items").iterator() : Collections.emptyIterator();
    }

    private List<Object> mapped(Object value, UnaryOperator<Object> function) {
        List<Object> results = new ArrayList<>();
        for (Object item : values.list(value)) {
            values.budget().step();
            results.add(function.apply(item));
        }
        return results;
    }

    // -- keys of elements

    /** Looks an attribute path up in an element; {@code otherwise}, if not null, stands for undefined ones. */
    private UnaryOperator<Object> getter(Object attribute, Object otherwise, boolean ignoreCase) {
        List<Object> path = new ArrayList<>();
        if (attribute instanceof Text text) {
            for (String part : text.toString().split("\\.", -1)) {
                path.add(part.matches("[0-9]{1,17}") ? (Object) Long.valueOf(part) : Text.of(part));
            }
        } else if (attribute != null) {
            path.add(attribute);
        }
        return element -> {
            Object value = element;
            for (Object part : path) {
                value = in.attributes.item(value, part);
                value = otherwise != null && value instanceof Undefined ? otherwise : value;
            }
            return ignoreCase && value instanceof Text text ? Strings.changeCase(text, "lower") : value;
        };
    }

    /** The list of several attributes, separated by commas. */
    private UnaryOperator<Object> multiGetter(Object attributes, boolean ignoreCase) {
        List<UnaryOperator<Object>> getters = new ArrayList<>();
        if (attributes instanceof Text text) {
            for (String attribute : text.toString().split(",", -1)) {
                getters.add(getter(Text.of(attribute), null, ignoreCase));
            }
        } else {
            getters.add(getter(attributes, null, ignoreCase));
        }
        return element -> {
            List<Object> keys = new ArrayList<>(getters.size());
            getters.forEach(getter -> keys.add(getter.apply(element)));
            return Seq.list(keys);
        };
    }

    // -- collections

    private Object map(Object value, Arguments args) {
        return lazy(() -> {
            UnaryOperator<Object> function = function(args, Values.truth(value));
            return Values.truth(value) ? lazy(() -> values.iterate(value), function) : Collections.emptyIterator();
        }, UnaryOperator.identity());
    }

    private UnaryOperator<Object> function(Arguments args, boolean needed) {
        if (args.size() > 0) {
            String name = values.str(args.get(0)).toString();
            return item -> apply(name, item, args.rest());
        }
        if (needed && !args.named().containsKey("attribute")) {
            throw PythonError.runtime("map requires a filter argument");
        }
        for (String name : args.named().keySet()) {
            if (needed && !name.equals("attribute") && !name.equals("default")) {
                throw PythonError.runtime("Unexpected keyword argument '" + name + "'");
            }
        }
        return getter(args.named().get("attribute"), args.named().get("default"), false);
    }

    private Object select(String name, Object value, Arguments given) {
        boolean wanted = name.startsWith("select");
        return lazy(() -> {
            if (!Values.truth(value)) {
                return Collections.emptyIterator();
            }
            boolean ofAttribute = name.endsWith("attr");
            if (ofAttribute && given.size() == 0) {
                throw PythonError.runtime("Missing parameter for attribute name");
            }
            UnaryOperator<Object> key = getter(ofAttribute ? given.get(0) : null, null, false);
            Arguments args = ofAttribute ? given.rest() : given;
            String test = args.size() == 0 ? null : values.str(args.get(0)).toString();
            return lazy(() -> values.iterate(value), item -> {
                Object element = key.apply(item);
                boolean passes = test == null ? Values.truth(element) : in.tests.apply(test, element, args.rest());
                return passes == wanted ? item : PyObject.MISSING;
            });
        }, UnaryOperator.identity());
    }

    private Object dictsort(Object value, Arguments args) {
        String by = values.str(args.get(1)).toString();
        if (!by.equals("key") && !by.equals("value")) {
            throw PythonError.runtime("You can only sort by either \"key\" or \"value\"");
        }
        UnaryOperator<Object> key = getter(by.equals("key") ? 0L : 1L, null, !args.flag(0));
        return Seq.list(values.sorted(mapping(value).list("items"), key, args.integer(2) != 0));
    }

    /** A dict that a filter asks for its items. */
    static Dict mapping(Object value) {
        Undefined.refuse(value);
        if (value instanceof Dict dict) {
            return dict;
        }
        throw PythonError.type("'" + Values.typeName(value) + "' object has no attribute 'items'");
    }

    private Object extreme(String operator, Object value, Arguments args) {
        UnaryOperator<Object> key = getter(args.get(1), null, !args.flag(0));
        Object best = Undefined.because("No aggregated item, sequence was empty.");
        Object bestKey = PyObject.MISSING;
        for (Object item : values.list(value)) {
            Object itemKey = key.apply(item);
            if (bestKey == PyObject.MISSING || values.ordered(operator, itemKey, bestKey)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }

    private Object sum(List<Object> items, Object start) {
        if (start instanceof Text) {
            throw PythonError.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        Object total = start;
        for (Object item : items) {
            total = in.operators.binary("+", total, item);
        }
        return total;
    }

    private Object groupBy(Object value, Arguments args) {
        UnaryOperator<Object> key = getter(args.get(0), args.get(1), !args.flag(2));
        UnaryOperator<Object> shown = getter(args.get(0), args.get(1), false);
        List<Object> groups = new ArrayList<>();
        List<Object> members = List.of();
        Object groupKey = null;
        for (Object item : values.sorted(values.list(value), key, false)) {
            Object itemKey = key.apply(item);
            if (members.isEmpty() || !values.equal(itemKey, groupKey)) {
                members = new ArrayList<>();
                groupKey = itemKey;
                groups.add(Seq.group(shown.apply(item), Seq.list(members)));
            }
            members.add(item);
        }
        return Seq.list(groups);
    }

    private List<Object> batches(List<Object> items, long size, Object fill) {
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : items) {
            if (batch.size() == size) {
                batches.add(Seq.list(batch));
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        if (fill != null && !batch.isEmpty() && batch.size() < size) {
            values.budget().steps(size);
            batch.addAll(Collections.nCopies((int) size - batch.size(), fill));
        }
        if (!batch.isEmpty()) {
            batches.add(Seq.list(batch));
        }
        return batches;
    }

    private List<Object> slices(List<Object> items, long count, Object fill) {
        if (count == 0) {
            throw PythonError.arithmetic("integer division or modulo by zero");
        }
        values.budget().steps(Math.max(0, count));
        List<Object> slices = new ArrayList<>();
        int longer = (int) Math.floorMod(items.size(), count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + (int) (items.size() / count) + (i < longer ? 1 : 0);
            List<Object> slice = new ArrayList<>(items.subList(from, to));
            if (fill != null && i >= longer) {
                slice.add(fill);
            }
            slices.add(Seq.list(slice));
            from = to;
        }
        return slices;
    }
}
