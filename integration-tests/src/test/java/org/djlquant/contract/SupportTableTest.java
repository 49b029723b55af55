package org.djlquant.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import org.djlquant.quant.BlockScheme;
import org.djlquant.quant.GroupForm;
import org.djlquant.quant.Schemes;
import org.djlquant.quantize.Quantizer;
import org.junit.jupiter.api.Test;

/**
 * The table of formats in README.md is what the registries say. {@code -Ddjlquant.writeTable=true} writes
 * it; otherwise it is compared.
 */
class SupportTableTest {
    private static final Path README = Path.of("..", "README.md");
    private static final String BEGIN = "<!-- formats: written by SupportTableTest -->\n";
    private static final String END = "<!-- end of formats -->\n";

    private static final String GGUF = "gguf 0.19.0";

    /** What decoded the golden data where it was not the library gguf. */
    private static final Map<String, String> REFERENCES = Map.of(
            "Q8_1", "its definition in ggml",
            "Q8_K", "its definition in ggml",
            "Q2_0", "ggml of llama-cpp-python 0.3.36",
            "Q1_0", "ggml of llama-cpp-python 0.3.36",
            "GPTQ", "packing of AutoGPTQ 0.7.1 and GPTQModel 2.2.0",
            "AWQ", "packing of AutoAWQ 0.2.9",
            "NF4", "bitsandbytes 0.49.2",
            "FP4", "bitsandbytes 0.49.2",
            "INT8", "bitsandbytes 0.49.2",
            "DYNAMIC_INT8", "torch 2.7.1");

    /** The integer form of schemes of several tensors, which settings and shapes decide. */
    private static final Map<String, String> FORMS = Map.of(
            "GPTQ", "packed, 2, 3, 4 or 8 bits",
            "AWQ", "packed, 4 bits",
            "NF4", "packed, table of 16",
            "FP4", "packed, table of 16",
            "INT8", "packed, 8 bits",
            "DYNAMIC_INT8", "8-bit activations, plain loops");

    @Test
    void readmeShowsWhatTheRegistriesKnow() throws IOException {
        String readme = Files.readString(README);
        int begin = readme.indexOf(BEGIN);
        int end = readme.indexOf(END);
        assertTrue(begin >= 0 && end > begin, README + " has lost its markers " + BEGIN.strip() + " and " + END.strip());
        begin += BEGIN.length();
        if (Boolean.getBoolean("djlquant.writeTable")) {
            Files.writeString(README, readme.substring(0, begin) + table() + readme.substring(end));
        } else {
            assertEquals(table(), readme.substring(begin, end),
                    "write it again: mvn -pl integration-tests -am test -Dtest=SupportTableTest"
                            + " -Dsurefire.failIfNoSpecifiedTests=false -Ddjlquant.writeTable=true");
        }
    }

    private static String table() {
        StringBuilder table = new StringBuilder("""
                | format | bits a weight | stored in | runs on | made by `quantize` | tested against |
                |---|---|---|---|---|---|
                """);
        for (BlockScheme scheme : Schemes.blocks().values()) {
            boolean legacy = scheme.name().contains("_GGJT");
            boolean plain = scheme.floatType() != null;
            row(table, scheme.name(), legacy ? "GGJT" : scheme.name(),
                    String.format(Locale.ROOT, "%.4g", 8.0 * scheme.blockBytes() / scheme.blockLength()),
                    container(scheme),
                    plain ? "in place" : form(scheme.form()),
                    legacy ? "its definition" : REFERENCES.getOrDefault(scheme.name(), GGUF));
        }
        for (String name : Schemes.ofModules()) {
            String bits = name.equals("GPTQ") ? "2, 3, 4, 8 + scales" : name.equals("INT8") ? "8 + scales" : "4 + scales";
            row(table, name, name, bits, "safetensors", FORMS.get(name), REFERENCES.get(name));
        }
        for (String name : Quantizer.schemes()) {
            if (Schemes.block(name) == null && !Schemes.ofModules().contains(name)) {
                row(table, name, name, "8", "no file", FORMS.get(name), REFERENCES.get(name));
            }
        }
        return table.toString();
    }

    private static void row(
            StringBuilder table, String name, String page, String bits, String container, String kernel, String reference) {
        assertTrue(kernel != null && reference != null, name + " has no reference or kernel here");
        assertTrue(Files.exists(Path.of("..", "docs", "formats", page + ".md")), page);
        table.append("| [").append(name).append("](docs/formats/").append(page).append(".md) | ").append(bits)
                .append(" | ").append(container).append(" | ").append(kernel).append(" | ")
                .append(Quantizer.schemes().contains(name) ? "yes" : "").append(" | ").append(reference).append(" |\n");
    }

    private static String container(BlockScheme scheme) {
        if (scheme.name().contains("_GGJT")) {
            return "GGML";
        }
        boolean old = scheme.name().matches("F32|F16|Q[45]_[01]|Q8_0|Q[2-6]_K"); // of ggjt v3
        return "GGUF" + (scheme.floatType() != null ? ", safetensors" : "") + (old ? ", GGML" : "");
    }

    private static String form(GroupForm form) {
        return form == null ? "its decoder" : form.table() != null
                ? "packed, table of " + form.table().length
                : "packed, " + form.bits() + (form.bits() == 1 ? " bit" : " bits");
    }
}
