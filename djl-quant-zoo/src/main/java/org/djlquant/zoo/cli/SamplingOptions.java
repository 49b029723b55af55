package org.djlquant.zoo.cli;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that choose tokens; those not given are the model's own defaults. */
final class SamplingOptions {
    @Option(names = "--max-new-tokens", paramLabel = "N", description = "Most tokens to generate.")
    private Integer maxNewTokens;

    @Option(names = "--temperature", paramLabel = "T", description = "0 always takes the likeliest token.")
    private Float temperature;

    @Option(names = "--top-k", paramLabel = "K", description = "Choose among the K likeliest tokens; 0 = all.")
    private Integer topK;

    @Option(names = "--top-p", paramLabel = "P", description = "Choose among the likeliest tokens that reach this probability.")
    private Float topP;

    @Option(names = "--min-p", paramLabel = "P", description = "Leave out tokens below this share of the likeliest one.")
    private Float minP;

    @Option(names = "--repetition-penalty", paramLabel = "R", description = "Above 1 makes repetition less likely.")
    private Float repetitionPenalty;

    @Option(names = "--seed", paramLabel = "N", description = "Same seed, same text.")
    private Long seed;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Stop before this text; may be given several times.")
    private List<String> stop;

    /** The given options under the names that every interface of the product uses. */
    Map<String, Object> toMap() {
        Map<String, Object> map = new LinkedHashMap<>();
        put(map, "max_new_tokens", maxNewTokens);
        put(map, "temperature", temperature);
        put(map, "top_k", topK);
        put(map, "top_p", topP);
        put(map, "min_p", minP);
        put(map, "repetition_penalty", repetitionPenalty);
        put(map, "seed", seed);
        put(map, "stop", stop);
        return map;
    }

    private static void put(Map<String, Object> map, String name, Object value) {
        if (value != null) {
            map.put(name, value);
        }
    }
}
