package org.djlquant.zoo;

import java.util.List;

/**
 * A name of the zoo.
 *
 * @param name artifact id, as in {@code djl://org.djlquant/zephyr-tiny}
 * @param format what it is stored in
 * @param bytes approximate size of the download; 0 if embedded
 * @param repository repository of the Hugging Face hub, or {@code null} if embedded
 * @param needs what is missing to load it by name, for people; empty if nothing is
 */
public record ZooEntry(String name, String format, long bytes, String repository, String needs) {
    private static final String DOWNLOAD = "its files, which this version does not download by this name: ";

    /** All names, embedded ones first. */
    static final List<ZooEntry> ALL = List.of(
            new ZooEntry("zephyr-tiny", "GGUF Q8_0", 0, null, ""),
            readable("zephyr-7b-beta", "safetensors BF16", 14_480, "HuggingFaceH4/zephyr-7b-beta"),
            readable("zephyr-7b-beta-gguf", "GGUF Q4_K_M", 4_370, "TheBloke/zephyr-7B-beta-GGUF"),
            readable("zephyr-7b-beta-gptq", "GPTQ 4 bit", 4_160, "TheBloke/zephyr-7B-beta-GPTQ"),
            readable("zephyr-7b-beta-awq", "AWQ 4 bit", 4_150, "TheBloke/zephyr-7B-beta-AWQ"),
            new ZooEntry("zephyr-7b-beta-nf4", "NF4 made on loading", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta",
                    "quantizing to NF4 on loading, which this version does not do; zephyr-7b-beta-gguf is the same"
                            + " model in about the same size"));

    /** Whether it is part of the jar and needs no network. */
    public boolean embedded() {
        return repository == null;
    }

    private static ZooEntry readable(String name, String format, long megabytes, String repository) {
        return new ZooEntry(name, format, megabytes * 1_000_000, repository,
                DOWNLOAD + "get them from the hub repository " + repository + " (about " + megabytes / 1000
                        + " GB) and load the file or folder with the URL quant:<path>");
    }
}
