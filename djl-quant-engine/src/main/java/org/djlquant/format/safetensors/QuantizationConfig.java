package org.djlquant.format.safetensors;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.djlquant.format.Metadata;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.StrictJson;
import org.djlquant.format.TextFiles;
import org.djlquant.quant.Settings;

/**
 * How a checkpoint says it was quantized: {@code quantization_config} of config.json, or the file that
 * AutoGPTQ and AutoAWQ write beside it. Where both are given they must agree on what decides the
 * meaning of the bytes.
 *
 * @param settings the settings, without prefix
 * @param recognised what they say and where, for people
 */
record QuantizationConfig(Settings settings, String recognised) {
    private static final String KEY = "quantization_config";
    /** The files that may stand beside config.json. */
    static final List<String> FILES = List.of("quantize_config.json", "quant_config.json");
    private static final List<String> DECISIVE = List.of("bits", "group_size", "checkpoint_format");
    private static final List<String> SHOWN = List.of(
            "quant_method", "bits", "w_bit", "group_size", "q_group_size", "desc_act", "sym", "zero_point", "version",
            "checkpoint_format", "load_in_4bit", "load_in_8bit", "bnb_4bit_quant_type", "bnb_4bit_use_double_quant");

    /**
     * Reads the settings.
     *
     * @throws ModelFormatException if the two places contradict each other
     */
    static QuantizationConfig read(Path folder, Metadata config) {
        for (String name : FILES) {
            Optional<String> text = TextFiles.read(folder, name);
            if (text.isPresent()) {
                Path file = folder.resolve(name);
                Metadata beside = StrictJson.metadata(file, StrictJson.object(file, text.get()));
                if (!config.has(KEY)) {
                    return new QuantizationConfig(beside, describe(beside, "", name));
                }
                DECISIVE.forEach(key -> requireEqual(file, beside, config, key));
            }
        }
        return new QuantizationConfig(
                new NestedSettings(config, KEY + "."),
                config.has(KEY) ? describe(config, KEY + ".", KEY + " in config.json") : "no quantization_config");
    }

    private static void requireEqual(Path file, Metadata beside, Metadata config, String key) {
        String nested = KEY + "." + key;
        if (beside.has(key) && config.has(nested) && !beside.display(key).equals(config.display(nested))) {
            throw new ModelFormatException(
                    file,
                    "key " + key,
                    "is " + beside.display(key) + ", but " + nested + " in config.json is " + config.display(nested)
                            + "; it is not clear which is true: take both files from the same revision of the model");
        }
    }

    private static String describe(Metadata metadata, String prefix, String where) {
        StringBuilder text = new StringBuilder();
        for (String key : SHOWN) {
            if (metadata.has(prefix + key)) {
                text.append(text.isEmpty() ? "" : " ").append(key).append('=').append(metadata.display(prefix + key));
            }
        }
        return text + " (" + where + ")";
    }
}
