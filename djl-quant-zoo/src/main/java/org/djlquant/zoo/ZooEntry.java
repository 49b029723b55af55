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
            new ZooEntry("zephyr-7b-beta-gptq-32g-actorder", "GPTQ 4 bit", 4_570_000_000L,
                    "TheBloke/zephyr-7B-beta-GPTQ@gptq-4bit-32g-actorder_True", Map.of()),
            new ZooEntry("zephyr-7b-beta-awq", "AWQ 4 bit", 4_150_000_000L, "TheBloke/zephyr-7B-beta-AWQ", Map.of()),
            new ZooEntry("zephyr-7b-beta-nf4", "NF4 made on loading", 14_480_000_000L, "HuggingFaceH4/zephyr-7b-beta",
                    Map.of("quantize", "NF4")),
            new ZooEntry("llama-2-13b-chat-gptq", "GPTQ 4 bit", 7_260_000_000L, "TheBloke/Llama-2-13B-chat-GPTQ", Map.of()),
            new ZooEntry("mistral-7b-instruct-gptq", "GPTQ 4 bit", 4_160_000_000L, "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ", Map.of()),
            new ZooEntry("mistral-7b-instruct-awq", "AWQ 4 bit", 4_150_000_000L, "TheBloke/Mistral-7B-Instruct-v0.2-AWQ", Map.of()),
            new ZooEntry("mistral-7b-instruct-gguf", "GGUF Q4_K_M", 4_370_000_000L,
                    "TheBloke/Mistral-7B-Instruct-v0.2-GGUF#mistral-7b-instruct-v0.2.Q4_K_M.gguf", Map.of()),
            new ZooEntry("tinyllama-1.1b-chat", "BF16", 2_200_000_000L, "TinyLlama/TinyLlama-1.1B-Chat-v1.0", Map.of()),
            new ZooEntry("opt-125m", "F16", 250_000_000L, "facebook/opt-125m", Map.of()),
            new ZooEntry("gpt2", "F32", 548_000_000L, "openai-community/gpt2", Map.of()),
            new ZooEntry("chatglm2-6b", "F16", 12_490_000_000L, "THUDM/chatglm2-6b", Map.of()));

    /** Whether it is part of the jar and needs no network. */
    public boolean embedded() {
        return hub == null;
    }
}
