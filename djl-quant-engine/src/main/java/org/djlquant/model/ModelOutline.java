package org.djlquant.model;

import java.util.Map;
import org.djlquant.runtime.MemoryPlan;

/**
 * What a checkpoint holds and how it would run, found without loading its weights.
 *
 * @param architecture name of the architecture
 * @param parameters number of weights, whatever tensors they are packed in
 * @param schemes how many matrices are stored in each scheme
 * @param layouts how many matrices the kernels would run in each packed layout
 * @param kernels name of the kernels and, if they were looked up, why these
 * @param plan the memory it would take
 */
public record ModelOutline(
        String architecture,
        long parameters,
        Map<String, Integer> schemes,
        Map<String, Integer> layouts,
        String kernels,
        MemoryPlan plan) {}
