package org.djlquant.translate;

import ai.djl.ndarray.NDList;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;

/** {@code String} to {@code float[]}: see {@link TextGeneration#embed}. Thread-safe; touches no NDArray. */
final class EmbeddingTranslator implements NoBatchifyTranslator<String, float[]> {
    private static final String INPUT = "input";

    private final TextGeneration text;
    private final Pooling pooling;

    EmbeddingTranslator(TextGeneration text, Pooling pooling) {
        this.text = text;
        this.pooling = pooling;
    }

    /** Keeps the text; the Predictor leaves the block out for an empty list. */
    @Override
    public NDList processInput(TranslatorContext ctx, String input) {
        ctx.setAttachment(INPUT, input);
        return new NDList();
    }

    @Override
    public float[] processOutput(TranslatorContext ctx, NDList list) {
        return text.embed((String) ctx.getAttachment(INPUT), pooling);
    }
}
