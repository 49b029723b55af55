package org.djlquant.runtime;

import java.util.List;
import java.util.Map;

/**
 * What was loaded and how it runs, for one line of output and for support questions.
 *
 * @param architecture e.g. {@code mistral}
 * @param format container and what identified it, e.g. {@code GGUF v3}
 * @param parameters number of weights
 * @param weightBytes bytes of weights held in memory
 * @param schemes how many matrices are stored in each scheme
 * @param layouts how many matrices run in each packed layout
 * @param kernels name of the kernels and why they were chosen
 * @param threads threads that compute
 * @param contextLength most positions of a sequence: as trained, as asked for or as memory allows
 * @param loadSeconds wall time of the load
 * @param packedCache what the cache of packed weights was used for, with size and file; empty if not at all
 * @param remarks what is odd about the stored weights although they could be loaded; usually nothing
 */
public record LoadReport(
        String architecture,
        String format,
        long parameters,
        long weightBytes,
        Map<String, Integer> schemes,
        Map<String, Integer> layouts,
        String kernels,
        int threads,
        int contextLength,
        double loadSeconds,
        String packedCache,
        List<String> remarks) {}
