package org.djlquant.zoo;

import java.util.List;

/**
 * A name of the zoo.
 *
 * @param name artifact id, as in {@code djl://org.djlquant/zephyr-tiny}
 * @param format what it is stored in
 * @param bytes approximate size of the download; 0 if embedded
 * @param hub repository of the Hugging Face hub ({@code owner/name[#file]}), or {@code null} if embedded
 * @param needs what this version lacks to load it, for people; empty if nothing
 */
public record ZooEntry(String name, String format, long bytes, String hub, String needs) {

    /** All names, embedded ones first. */
    static final List<ZooEntry> ALL = List.of(
            new ZooEntry("zephyr-tiny", "GGUF", 0, null, ""),
            new ZooEntry("zephyr-7b-beta", "BF16", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta", ""),
            new ZooEntry("zephyr-7b-beta-gguf", "GGUF Q4_K_M", 4_370_000_000L,
                    "TheBloke/zephyr-7B-beta-GGUF#zephyr-7b-beta.Q4_K_M.gguf", ""),
            new ZooEntry("zephyr-7b-beta-gptq", "GPTQ 4 bit", 4_160_000_000L, "TheBloke/zephyr-7B-beta-GPTQ", ""),
            new ZooEntry("zephyr-7b-beta-awq", "AWQ 4 bit", 4_150_000_000L, "TheBloke/zephyr-7B-beta-AWQ", ""),
            new ZooEntry("zephyr-7b-beta-nf4", "NF4", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta",
                    "quantizing to NF4 on loading, which this version does not do; zephyr-7b-beta-gguf is the same"
                            + " model in about the same size"));

    /** Whether it is part of the jar and needs no network. */
    public boolean embedded() {
        return hub == null;
    }
}
