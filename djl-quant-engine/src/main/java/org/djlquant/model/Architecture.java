package org.djlquant.model;

import java.util.Set;

/**
 * A family of decoder-only models: which hyper-parameters it reads, how its tensors are called in
 * both naming conventions and how its layers are put together. Knows nothing of schemes or kernels.
 * Stateless. A new one is one file and one line in {@link Architectures}.
 */
interface Architecture {
    /** Short name: the {@code model_type} of config.json, for reports. */
    String name();

    /** Class names it covers in {@code architectures} of config.json. */
    Set<String> huggingFaceNames();

    /** Values it covers of {@code general.architecture} in GGUF; may be empty. */
    Set<String> ggufNames();

    /**
     * Describes the decoder. Every tensor is looked up and its shape checked here; nothing big is
     * allocated or read.
     */
    DecoderParts build(Hyper hyper, Weights weights);
}
