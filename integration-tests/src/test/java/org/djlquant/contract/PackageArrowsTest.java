package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Keeps the architecture of docs/architecture.md true: which package may import which. */
class PackageArrowsTest {
    private static final Pattern IMPORT = Pattern.compile("^import (?:static )?([\\w.]+);", Pattern.MULTILINE);
    /** Fully qualified uses in code count as imports too. */
    private static final Pattern QUALIFIED =
            Pattern.compile("(?<![\\w.\"])((?:org\\.djlquant|ai\\.djl|jdk\\.incubator|jcuda)\\.[\\w.]+)");

    /** First package segments below org.djlquant that may be imported from each. */
    private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
            Map.entry("quant", Set.of()),
            Map.entry("runtime", Set.of()),
            Map.entry("format", Set.of("quant")),
            Map.entry("kernel", Set.of("quant", "runtime")),
            Map.entry("model", Set.of("kernel", "quant", "format", "runtime")),
            Map.entry("generate", Set.of("model", "runtime")),
            Map.entry("quantize", Set.of("model", "kernel", "quant", "format", "runtime")),
            Map.entry(
                    "engine",
                    Set.of("generate", "model", "runtime", "format", "kernel", "quant", "quantize")),
            Map.entry("tokenizer", Set.of("format")),
            Map.entry("chat", Set.of("tokenizer")),
            Map.entry(
                    "translate",
                    Set.of("tokenizer", "chat", "engine", "generate", "model", "runtime", "format")),
            Map.entry(
                    "zoo",
                    Set.of(
                            "translate", "tokenizer", "chat", "engine", "generate", "quantize", "model", "runtime",
                            "format", "kernel", "quant")));

    private record Source(Path file, String pack, Set<String> imports) {
        /** The segment after org.djlquant. */
        String layer() {
            return layerOf(pack);
        }
    }

    private static String layerOf(String name) {
        String rest = name.substring("org.djlquant.".length());
        int dot = rest.indexOf('.');
        return dot < 0 ? rest : rest.substring(0, dot);
    }

    private static List<Source> sources() throws IOException {
        List<Source> sources = new ArrayList<>();
        for (String module : List.of("djl-quant-engine", "djl-quant-translators", "djl-quant-zoo")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/main/java"))) {
                for (Path file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    sources.add(read(file));
                }
            }
        }
        return sources;
    }

    private static Source read(Path file) throws IOException {
        String text = Files.readString(file);
        var pack = Pattern.compile("^package ([\\w.]+);", Pattern.MULTILINE).matcher(text);
        assertTrue(pack.find(), file + " has no package");
        Set<String> imports = new TreeSet<>();
        IMPORT.matcher(text).results().forEach(m -> imports.add(m.group(1)));
        String code = text.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//.*", "").replaceAll("\"(?:[^\"\\\\\n]++|\\\\.)*+\"", "\"\"");
        code = code.replaceAll("(?m)^(package|import) .*$", "");
        QUALIFIED.matcher(code).results().forEach(m -> imports.add(m.group(1)));
        return new Source(file, pack.group(1), imports);
    }

    @Test
    void packagesImportOnlyAlongTheArrows() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources()) {
            Set<String> allowed = ARROWS.get(source.layer());
            assertTrue(allowed != null, source.file + ": package " + source.pack + " is not in the architecture");
            for (String name : source.imports) {
                if (name.startsWith("org.djlquant.")
                        && !layerOf(name).equals(source.layer())
                        && !allowed.contains(layerOf(name))) {
                    wrong.add(source.file + " imports " + name);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void djlStaysInItsPackages() throws IOException {
        assertOnlyIn("ai.djl.", Set.of("engine", "tokenizer", "translate", "zoo"));
    }

    @Test
    void incubatorAndCudaStayInTheirPackages() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources()) {
            for (String name : source.imports) {
                boolean vector = name.startsWith("jdk.incubator.") && !source.pack.equals("org.djlquant.kernel.vector");
                boolean cuda = name.startsWith("jcuda.") && !source.pack.equals("org.djlquant.kernel.cuda");
                // reached by name only, so that a JVM without the module still runs
                boolean direct = name.startsWith("org.djlquant.kernel.vector.")
                        && !source.pack.equals("org.djlquant.kernel.vector");
                if (vector || cuda || direct) {
                    wrong.add(source.file + " imports " + name);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void formatsAndArchitecturesDoNotNameEachOther() throws IOException {
        List<String> wrong = new ArrayList<>();
        // Identifiers or string literals; a format that also is an English word would be listed with its context.
        Pattern schemes = Pattern.compile("\\b(Q[2-8]_[01K]|IQ\\d_\\w+|Gptq|GPTQ|Awq|AWQ|Nf4|NF4|LlmInt8)\\b");
        Pattern architectures = Pattern.compile("\\b(Llama|Mistral|Qwen|Gemma|Phi3|ChatGlm|Gpt2|Opt(?!ional))\\w*\\b");
        for (Source source : sources()) {
            String code = Files.readString(source.file).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//.*", "");
            if (source.layer().equals("model") && schemes.matcher(code).find()) {
                wrong.add(source.file + " names a scheme");
            }
            if ((source.layer().equals("quant") || source.layer().equals("kernel"))
                    && architectures.matcher(code).find()) {
                wrong.add(source.file + " names an architecture");
            }
        }
        assertEquals(List.of(), wrong);
    }

    private static void assertOnlyIn(String prefix, Set<String> layers) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Source source : sources()) {
            for (String name : source.imports) {
                if (name.startsWith(prefix) && !layers.contains(source.layer())) {
                    wrong.add(source.file + " imports " + name);
                }
            }
        }
        assertEquals(List.of(), wrong);
    }
}
