package org.djlquant.chat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.djlquant.chat.ValueTypes.Generator;
import org.djlquant.chat.ValueTypes.Undefined;

/**
 * The filters by name. Those on sequences are here, those on text and numbers in {@link TextFilters}. Filters
 * that Python writes as generators are lazy here too: they run, and fail, when their values are taken.
 */
final class Filters {

    /** Parameters of the filters that have a fixed list of them, in order. */
    private static final Map<String, List<String>> PARAMETERS = parameters("abs", "attr name", "batch linecount fill_with",
            "capitalize", "center width", "count", "d default_value boolean", "default default_value boolean",
            "dictsort case_sensitive by reverse", "e", "escape", "filesizeformat binary", "first", "float default",
            "forceescape", "groupby attribute default case_sensitive", "indent width first blank", "int default base", "items",
            "join d attribute", "last", "length", "list", "lower", "max case_sensitive attribute",
            "min case_sensitive attribute", "pprint", "random", "replace old new count", "reverse", "round precision method",
            "safe", "slice slices fill_with", "sort reverse case_sensitive attribute", "string", "striptags",
            "sum attribute start", "title", "tojson ensure_ascii indent separators sort_keys", "trim chars",
            "truncate length killwords end leeway", "unique case_sensitive attribute", "upper", "urlencode",
            "urlize trim_url_limit nofollow target rel extra_schemes", "wordcount",
            "wordwrap width break_long_words wrapstring break_on_hyphens", "xmlattr autospace");
    static final Set<String> NAMES = names("format", "map", "reject", "rejectattr", "select", "selectattr");

    private final Interpreter in;
    private final Values values;
    private final TextFilters texts;

    Filters(Interpreter in) {
        this.in = in;
        values = in.values();
        texts = new TextFilters(in);
    }

    private static Map<String, List<String>> parameters(String... filters) {
        Map<String, List<String>> parameters = new HashMap<>();
        for (String filter : filters) {
            List<String> words = List.of(filter.split(" "));
            parameters.put(words.getFirst(), words.subList(1, words.size()));
        }
        return Map.copyOf(parameters);
    }

    private static Set<String> names(String... variadic) {
        Set<String> names = new HashSet<>(PARAMETERS.keySet());
        names.addAll(List.of(variadic));
        return Set.copyOf(names);
    }

    Object apply(String name, Object value, CallArguments args) {
        if (!NAMES.contains(name)) {
            throw ChatTemplateException.runtime("No filter named " + Values.quote(name) + " found.");
        }
        args.of(name);
        List<String> parameters = PARAMETERS.get(name);
        if (parameters != null) {
            args.accept(parameters);
        }
        return switch (name) {
            case "default", "d" -> {
                Object otherwise = args.optional("default_value", Text.EMPTY);
                boolean ifFalse = args.flag("boolean", values);
                yield value instanceof Undefined || ifFalse && !values.truth(value) ? otherwise : value;
            }
            case "length", "count" -> values.length(value);
            case "list" -> Seq.list(values.list(value));
            case "first" -> first(values.iterate(value), "first");
            case "last" -> first(reversed(value), "last");
            case "random" -> {
                long size = values.length(value);
                yield size == 0 ? Undefined.because("No random item, sequence was empty.")
                        : values.list(value).get((int) (Math.random() * size));
            }
            case "reverse" -> reverse(value);
            case "join" -> join(value, args.optional("d", Text.EMPTY), args.optional("attribute", null));
            case "items" -> lazy(() -> items(value));
            case "map" -> lazy(() -> map(value, args));
            case "select", "reject", "selectattr", "rejectattr" -> lazy(() -> select(name, value, args));
            case "sort" -> {
                boolean reverse = args.integer("reverse", 0) != 0;
                boolean sensitive = args.flag("case_sensitive", values);
                Object attribute = args.optional("attribute", null);
                List<Object> items = values.list(value);
                yield Seq.list(values.sorted(items, keys(items, multiGetter(attribute, !sensitive)), reverse));
            }
            case "dictsort" -> dictsort(value, args);
            case "unique" -> {
                boolean sensitive = args.flag("case_sensitive", values);
                UnaryOperator<Object> key = getter(args.optional("attribute", null), null, !sensitive);
                yield lazy(() -> {
                    Set<Object> seen = new HashSet<>();
                    return Generator.filtered(values.iterate(value), item -> seen.add(Dict.hashable(key.apply(item))));
                });
            }
            case "min", "max" -> extreme(name, value, args);
            case "sum" -> {
                UnaryOperator<Object> key = getter(args.optional("attribute", null), null, false);
                yield sum(values.iterate(value), key, args.optional("start", 0L));
            }
            case "groupby" -> groupBy(value, args);
            case "batch" -> {
                long size = args.requiredInteger("linecount");
                Object fill = args.optional("fill_with", null);
                yield lazy(() -> batches(values.list(value), size, fill).iterator());
            }
            case "slice" -> {
                long slices = args.requiredInteger("slices");
                Object fill = args.optional("fill_with", null);
                yield lazy(() -> slices(values.list(value), slices, fill).iterator());
            }
            case "attr" -> {
                Text attribute = args.text("name");
                if (value instanceof Undefined undefined) {
                    throw undefined.error();
                }
                Dict.Entry entry = in.attributes().find(value, attribute.s);
                yield entry == null ? Undefined.element(value, attribute) : entry.value();
            }
            case "tojson" -> Json.dumps(values, value, args);
            default -> texts.apply(name, value, args);
        };
    }

    private static Generator lazy(Supplier<Iterator<Object>> source) {
        return new Generator("generator", new Iterator<>() {
            private Iterator<Object> iterator;

            private Iterator<Object> iterator() {
                if (iterator == null) {
                    iterator = source.get();
                }
                return iterator;
            }

            @Override
            public boolean hasNext() {
                return iterator().hasNext();
            }

            @Override
            public Object next() {
                return iterator().next();
            }
        });
    }

    private static Object first(Iterator<Object> items, String which) {
        return items.hasNext() ? items.next() : Undefined.because("No " + which + " item, sequence was empty.");
    }

    /** Python's reversed(). */
    private Iterator<Object> reversed(Object value) {
        if (value instanceof Generator || !values.isIterable(value)) {
            throw ChatTemplateException.type("'" + Values.typeName(value) + "' object is not reversible");
        }
        List<Object> items = new ArrayList<>(values.list(value));
        Collections.reverse(items);
        return items.iterator();
    }

    private Object reverse(Object value) {
        if (value instanceof Text text) {
            return new Subscripts(values).slice(text, null, null, -1L);
        }
        if (value instanceof Generator) {
            List<Object> items = new ArrayList<>(values.list(value));
            Collections.reverse(items);
            return Seq.list(items);
        }
        if (!values.isIterable(value)) {
            throw ChatTemplateException.runtime("argument must be iterable");
        }
        return new Generator("reversed", reversed(value));
    }

    private Text join(Object value, Object separator, Object attribute) {
        Iterator<Object> items = values.iterate(value);
        UnaryOperator<Object> key = getter(attribute, null, false);
        List<Object> parts = new ArrayList<>();
        items.forEachRemaining(item -> {
            values.budget.step();
            parts.add(key.apply(item));
        });
        boolean markup = in.autoescape() && (separator instanceof Text text && text.markup
                || parts.stream().anyMatch(part -> part instanceof Text text && text.markup));
        Text between = markup ? values.escape(separator) : values.str(separator);
        TextBuilder out = new TextBuilder();
        for (int i = 0; i < parts.size(); i++) {
            Text text = markup ? values.escape(parts.get(i)) : values.str(parts.get(i));
            values.budget.append(out.length(), (long) text.s.length() + between.s.length());
            if (i > 0) {
                out.append(between);
            }
            out.append(text);
        }
        // str.join of a safe separator is safe and escapes; with autoescaping off both are plain strings first.
        return out.build(markup);
    }

    private static Iterator<Object> items(Object value) {
        if (value instanceof Undefined) {
            return Collections.emptyIterator();
        }
        if (!(value instanceof Dict dict)) {
            throw ChatTemplateException.type("Can only get item pairs from a mapping.");
        }
        return new ValueTypes.DictView(dict, "items").list().iterator();
    }

    // -- keys of elements

    private List<Object> path(Object attribute) {
        if (attribute == null) {
            return List.of();
        }
        if (!(attribute instanceof Text text)) {
            return List.of(attribute);
        }
        List<Object> parts = new ArrayList<>();
        for (String part : text.s.split("\\.", -1)) {
            boolean number = !part.isEmpty() && part.length() < 18 && part.chars().allMatch(c -> c >= '0' && c <= '9');
            parts.add(number ? (Object) Long.valueOf(part) : Text.of(part));
        }
        return parts;
    }

    /** Looks an attribute path up in an element; {@code otherwise}, if not null, stands for undefined ones. */
    private UnaryOperator<Object> getter(Object attribute, Object otherwise, boolean ignoreCase) {
        List<Object> path = path(attribute);
        return element -> {
            Object value = element;
            for (Object part : path) {
                value = in.attributes().item(value, part);
                if (otherwise != null && value instanceof Undefined) {
                    value = otherwise;
                }
            }
            return ignoreCase && value instanceof Text text ? StringMethods.changeCase(text, "lower") : value;
        };
    }

    /** The list of several attributes, separated by commas. */
    private UnaryOperator<Object> multiGetter(Object attributes, boolean ignoreCase) {
        List<UnaryOperator<Object>> getters = new ArrayList<>();
        if (attributes instanceof Text text) {
            for (String attribute : text.s.split(",", -1)) {
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

    private static List<Object> keys(List<Object> items, UnaryOperator<Object> key) {
        List<Object> keys = new ArrayList<>(items.size());
        items.forEach(item -> keys.add(key.apply(item)));
        return keys;
    }

    // -- sequences

    private Iterator<Object> map(Object value, CallArguments args) {
        if (!values.truth(value)) {
            return Collections.emptyIterator();
        }
        UnaryOperator<Object> function;
        if (args.positional.isEmpty() && args.named.containsKey("attribute")) {
            Object attribute = args.optional("attribute", null);
            function = getter(attribute, args.optional("default", null), false);
            if (!args.named.isEmpty()) {
                throw ChatTemplateException.runtime("Unexpected keyword argument "
                        + Values.quote(args.named.keySet().iterator().next()));
            }
        } else if (args.positional.isEmpty()) {
            throw ChatTemplateException.runtime("map requires a filter argument");
        } else {
            String name = values.str(args.positional.getFirst()).s;
            function = item -> apply(name, item, args.rest().fresh());
        }
        return Generator.mapping(values.iterate(value), function).values;
    }

    private Iterator<Object> select(String name, Object value, CallArguments args) {
        if (!values.truth(value)) {
            return Collections.emptyIterator();
        }
        CallArguments rest = args;
        UnaryOperator<Object> key = UnaryOperator.identity();
        if (name.endsWith("attr")) {
            if (args.positional.isEmpty()) {
                throw ChatTemplateException.runtime("Missing parameter for attribute name");
            }
            key = getter(args.positional.getFirst(), null, false);
            rest = args.rest();
        }
        UnaryOperator<Object> element = key;
        Predicate<Object> test;
        if (rest.positional.isEmpty()) {
            test = item -> values.truth(element.apply(item));
        } else {
            String testName = values.str(rest.positional.getFirst()).s;
            CallArguments testArgs = rest.rest();
            test = item -> values.truth(in.tests().apply(testName, element.apply(item), testArgs.fresh()));
        }
        return Generator.filtered(values.iterate(value), name.startsWith("reject") ? test.negate() : test);
    }

    private Object dictsort(Object value, CallArguments args) {
        boolean sensitive = args.flag("case_sensitive", values);
        Text by = values.str(args.optional("by", Text.of("key")));
        boolean reverse = args.integer("reverse", 0) != 0;
        if (!by.s.equals("key") && !by.s.equals("value")) {
            throw ChatTemplateException.runtime("You can only sort by either \"key\" or \"value\"");
        }
        if (!(value instanceof Dict dict)) {
            if (value instanceof Undefined undefined) {
                throw undefined.error();
            }
            throw ChatTemplateException.type("'" + Values.typeName(value) + "' object has no attribute 'items'");
        }
        List<Object> items = new ValueTypes.DictView(dict, "items").list();
        UnaryOperator<Object> key = getter(by.s.equals("key") ? 0L : 1L, null, !sensitive);
        return Seq.list(values.sorted(items, keys(items, key), reverse));
    }

    private Object extreme(String name, Object value, CallArguments args) {
        boolean sensitive = args.flag("case_sensitive", values);
        UnaryOperator<Object> key = getter(args.optional("attribute", null), null, !sensitive);
        Iterator<Object> items = values.iterate(value);
        if (!items.hasNext()) {
            return Undefined.because("No aggregated item, sequence was empty.");
        }
        Object best = items.next();
        Object bestKey = key.apply(best);
        while (items.hasNext()) {
            Object item = items.next();
            Object itemKey = key.apply(item);
            values.budget.step();
            if (values.ordered(name.equals("min") ? "<" : ">", itemKey, bestKey)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best;
    }

    private Object sum(Iterator<Object> items, UnaryOperator<Object> key, Object start) {
        if (start instanceof Text) {
            throw ChatTemplateException.type("sum() can't sum strings [use ''.join(seq) instead]");
        }
        Object total = start;
        while (items.hasNext()) {
            values.budget.step();
            total = in.operators().binary("+", total, key.apply(items.next()));
        }
        return total;
    }

    private Object groupBy(Object value, CallArguments args) {
        Object attribute = args.required("attribute");
        Object otherwise = args.optional("default", null);
        boolean sensitive = args.flag("case_sensitive", values);
        List<Object> items = values.list(value);
        UnaryOperator<Object> key = getter(attribute, otherwise, !sensitive);
        List<Object> sorted = values.sorted(items, keys(items, key), false);
        UnaryOperator<Object> shown = getter(attribute, otherwise, false);
        List<Object> groups = new ArrayList<>();
        List<Object> members = List.of();
        Object groupKey = null;
        for (Object item : sorted) {
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
        if (!batch.isEmpty()) {
            if (fill != null && batch.size() < size) {
                values.budget.elements(size);
                batch.addAll(Collections.nCopies((int) size - batch.size(), fill));
            }
            batches.add(Seq.list(batch));
        }
        return batches;
    }

    private List<Object> slices(List<Object> items, long count, Object fill) {
        if (count == 0) {
            throw Numbers.arithmetic("integer division or modulo by zero");
        }
        values.budget.elements(Math.max(0, count));
        List<Object> slices = new ArrayList<>();
        int each = (int) Math.floorDiv(items.size(), count);
        int longer = (int) Math.floorMod(items.size(), count);
        int from = 0;
        for (int i = 0; i < count; i++) {
            int to = from + each + (i < longer ? 1 : 0);
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
