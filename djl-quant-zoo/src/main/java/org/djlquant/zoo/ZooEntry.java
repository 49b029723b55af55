package org.djlquant.zoo;

import java.util.List;
import java.util.Map;

/**
 * A name of the zoo.
 *
 * @param name artifact id, as in {@code djl://org.djlquant/zephyr-tiny}
 * @param format what it runs in
 * @param bytes approximate size of the download; 0 if embedded
 * @param hub repository of the Hugging Face hub ({@code owner/name[#file]}), or {@code null} if embedded
 * @param options of the load, which a Criteria can override
 */
public record ZooEntry(String name, String format, long bytes, String hub, Map<String, String> options) {

    /** All names, embedded ones first. */
    static final List<ZooEntry> ALL = List.of(
            new ZooEntry("zephyr-tiny", "GGUF", 0, null, Map.of()),
            new ZooEntry("zephyr-7b-beta", "BF16", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta", Map.of()),
            new ZooEntry("zephyr-7b-beta-gguf", "GGUF Q4_K_M", 4_370_000_000L,
                    "TheBloke/zephyr-7B-beta-GGUF#zephyr-7b-beta.Q4_K_M.gguf", Map.of()),
            new ZooEntry("zephyr-7b-beta-gptq", "GPTQ 4 bit", 4_160_000_000L, "TheBloke/zephyr-7B-beta-GPTQ", Map.of()),
            new ZooEntry("zephyr-7b-beta-awq", "AWQ 4 bit", 4_150_000_000L, "TheBloke/zephyr-7B-beta-AWQ", Map.of()),
            new ZooEntry("zephyr-7b-beta-nf4", "NF4 made on loading", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta",
                    Map.of("quantize", "NF4")));

    /** Whether it is part of the jar and needs no network. */
    public boolean embedded() {
        return hub == null;
    }
}
