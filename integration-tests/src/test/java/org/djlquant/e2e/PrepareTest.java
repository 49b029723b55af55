package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.djlquant.format.Checkpoint;
import org.djlquant.kernel.Kernels;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.model.ModelOptions;
import org.djlquant.model.ModelOutline;
import org.djlquant.model.Models;
import org.djlquant.quant.WeightMatrix;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Test;

/** What kernels are told before a load. */
class PrepareTest {
    @Test
    void eachLayoutOnceAndTheMostFrequentFirst() {
        List<String> prepared = new ArrayList<>();
        Kernels plain = new ScalarKernels();
        Kernels kernels = (Kernels) Proxy.newProxyInstance(Kernels.class.getClassLoader(), new Class<?>[] {Kernels.class}, (p, method, args) -> {
            if (method.getName().equals("prepare")) {
                prepared.add(plain.layout((WeightMatrix) args[0]));
                return null;
            }
            return method.invoke(plain, args);
        });
        try (Checkpoint checkpoint = GoldenModels.open("gguf-llama-k-mix")) {
            Models.prepare(checkpoint, kernels);
            ModelOutline outline = Models.outline(checkpoint, ModelOptions.of(plain, Workers.shared()));
            assertEquals(outline.layouts().keySet(), new HashSet<>(prepared));
            assertEquals(outline.layouts().size(), prepared.size());
            assertTrue(prepared.size() > 1);
            int most = outline.layouts().get(prepared.getFirst());
            outline.layouts().values().forEach(count -> assertTrue(count <= most));
        }
    }
}
