package org.djlquant.engine;

import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.translate.NoBatchifyTranslator;
import ai.djl.translate.TranslatorContext;

/**
 * {@code NDList → CausalLMOutput}, for DJL's {@code TextGenerator}. Inputs are those of {@link
 * QuantBlock}'s second form; {@code [ids]} and {@code [ids, mask]} are accepted too. Stateless and
 * thread-safe. The arrays of the output belong to the manager of the input ids.
 */
public final class CausalLMTranslator implements NoBatchifyTranslator<NDList, CausalLMOutput> {

    @Override
    public NDList processInput(TranslatorContext ctx, NDList input) {
        NDArray ids = input.head();
        return switch (input.size()) {
            case 1 -> {
                NDArray mask = ids.getManager().ones(ids.getShape(), DataType.INT64);
                yield new NDList(ids, mask, mask);
            }
            case 2 -> new NDList(ids, input.get(1), input.get(1));
            default -> input;
        };
    }

    @Override
    public CausalLMOutput processOutput(TranslatorContext ctx, NDList list) {
        return new CausalLMOutput(list.get(0), list.get(1), list.subNDList(2));
    }
}
