package org.djlquant.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.djlquant.format.ModelFormatException;
import org.djlquant.format.UnsupportedModelException;
import org.djlquant.kernel.LayerCache;
import org.djlquant.kernel.ScalarKernels;
import org.djlquant.runtime.MemoryPlan;
import org.djlquant.runtime.ModelTooLargeException;
import org.djlquant.runtime.Workers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadingTest {
    private final TinyCheckpoint checkpoint = TinyCheckpoint.small(64);

    private <T extends RuntimeException> String refused(Class<T> type) {
        String message = assertThrows(type, () -> Models.load(checkpoint, ModelOptions.defaults())).getMessage();
        assertTrue(checkpoint.closed, "a failed load closes the checkpoint");
        return message;
    }

    @Test
    void anUnknownArchitectureListsWhatIsSupported() {
        checkpoint.config.put("model_type", "perceiver");
        String message = refused(UnsupportedModelException.class);
        assertTrue(message.contains("perceiver") && message.contains("LlamaForCausalLM (GGUF llama)"), message);
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "model.embed_tokens.weight", "model.norm.weight", "model.layers.1.self_attn.k_proj.weight",
        "model.layers.0.input_layernorm.weight", "model.layers.1.mlp.down_proj.weight"
    })
    void aMissingTensorIsNamed(String name) {
        checkpoint.values.remove(name);
        checkpoint.shapes.remove(name);
        String message = refused(ModelFormatException.class);
        assertTrue(message.contains(name.replace(".weight", "")), message);
    }

    @Test
    void aMisshapenMatrixIsNamedWithBothShapes() {
        checkpoint.put("model.layers.1.self_attn.v_proj.weight", 24, 32);
        String message = refused(ModelFormatException.class);
        assertTrue(message.contains("model.layers.1.self_attn.v_proj"), message);
        assertTrue(message.contains("[16, 32]") && message.contains("[24, 32]"), message);
    }

    @ParameterizedTest
    @CsvSource({
        "num_hidden_layers, 0", "num_hidden_layers, 1099511627776", "num_hidden_layers, 100000",
        "hidden_size, 2147483647", "hidden_size, -1", "num_attention_heads, 0", "num_attention_heads, 1000000",
        "num_key_value_heads, 3", "num_key_value_heads, 5", "vocab_size, 999999999", "vocab_size, 51",
        "intermediate_size, 4611686018427387904", "max_position_embeddings, 0", "head_dim, 7", "head_dim, 100000",
        "sliding_window, -4"
    })
    void aLyingHyperParameterIsRefusedBeforeAnythingIsAllocated(String key, long value) {
        checkpoint.config.put("model_type", "mistral");
        checkpoint.config.put(key, value);
        refused(ModelFormatException.class);
    }

    @ParameterizedTest
    @CsvSource({"rms_norm_eps, 0", "rms_norm_eps, -1", "rms_norm_eps, NaN", "rope_theta, 0", "rope_theta, Infinity", "partial_rotary_factor, 1.5"})
    void anImpossibleNumberIsRefused(String key, double value) {
        checkpoint.config.put(key, value);
        assertTrue(refused(ModelFormatException.class).contains(key));
    }

    @Test
    void variantsThatAreNotSupportedSayWhatIs() {
        checkpoint.config.put("rope_scaling.rope_type", "spiral");
        assertTrue(refused(UnsupportedModelException.class).contains("linear, llama3"));
        checkpoint.config.remove("rope_scaling.rope_type");
        checkpoint.config.put("hidden_act", "mish");
        assertTrue(refused(UnsupportedModelException.class).contains("silu"));
    }

    @Test
    void aScalingWithoutItsFactorIsNamed() {
        checkpoint.config.put("rope_scaling.type", "linear");
        assertTrue(refused(ModelFormatException.class).contains("rope_scaling.factor"));
    }

    @Test
    void aBiasThatTheConfigurationAsksForMustBeThere() {
        checkpoint.config.put("attention_bias", true);
        assertTrue(refused(ModelFormatException.class).contains("self_attn.q_proj.bias"));
    }

    @Test
    void theContextIsAsTrainedOrAsAskedFor() {
        try (CausalLM model = Models.load(TinyCheckpoint.small(64), ModelOptions.defaults())) {
            assertEquals(64, model.contextLength());
        }
        try (CausalLM model = Models.load(TinyCheckpoint.small(64), ModelOptions.defaults().withMaxModelLen(10))) {
            assertEquals(10, model.contextLength());
            assertEquals(10, model.report().contextLength());
        }
        String message = assertThrows(
                        IllegalArgumentException.class,
                        () -> Models.load(checkpoint, ModelOptions.defaults().withMaxModelLen(65)))
                .getMessage();
        assertTrue(message.contains("65") && message.contains("64"), message);
        assertTrue(checkpoint.closed);
    }

    @Test
    void aContextThatCannotFitIsRefusedOrReduced() {
        TinyCheckpoint endless = TinyCheckpoint.small(Integer.MAX_VALUE);
        ModelOptions wanted = ModelOptions.defaults().withMaxModelLen(Integer.MAX_VALUE);
        // 2 layers x 2 x 16 floats x 2^31 positions are half a terabyte.
        String message = assertThrows(ModelTooLargeException.class, () -> Models.load(endless, wanted)).getMessage();
        assertTrue(message.contains("max_model_len="), message);
        try (CausalLM model = Models.load(TinyCheckpoint.small(Integer.MAX_VALUE), ModelOptions.defaults())) {
            assertTrue(model.contextLength() < Integer.MAX_VALUE);
        }
    }

    @Test
    void thePlanCountsWeightsAndCache() {
        ModelOutline outline = Models.outline(checkpoint, ModelOptions.of(new ScalarKernels(), Workers.shared())
                .withMaxModelLen(20)
                .withKvCacheType(LayerCache.Type.F16));
        MemoryPlan plan = outline.plan();
        long elements = checkpoint.values.values().stream().mapToLong(v -> v.length).sum();
        assertEquals(elements, outline.parameters());
        int looked = 1; // token embeddings are rows, not a product
        assertEquals(Map.of("F32", outline.layouts().get("F32 decoded row by row, scalar") + looked), outline.schemes());
        assertEquals(4 * elements, plan.weightBytes());
        assertEquals(2 * 2 * 16 * 2, plan.kvBytesPerToken());
        assertEquals(20, plan.wantedContext());
        assertEquals(64, plan.trainedContext());
        assertFalse(checkpoint.closed, "planning leaves the checkpoint open");
    }

    @Test
    void theReportCountsWhatIsThereAndProgressReachesTheEnd() {
        List<Long> done = new ArrayList<>();
        List<Long> total = new ArrayList<>();
        ModelOptions options = ModelOptions.defaults().withProgress((d, t) -> {
            done.add(d);
            total.add(t);
        });
        long elements = checkpoint.values.values().stream().mapToLong(v -> v.length).sum();
        try (CausalLM model = Models.load(checkpoint, options)) {
            assertEquals(elements, model.report().parameters());
            assertEquals(16, model.report().schemes().get("F32"));
            assertEquals(15, model.report().layouts().values().stream().mapToInt(i -> i).sum());
            assertEquals("llama", model.report().architecture());
            assertEquals(15, done.size());
            assertEquals(done.getLast(), total.getLast());
            assertEquals(done.stream().sorted().toList(), done);
            assertFalse(checkpoint.closed);
        }
        assertTrue(checkpoint.closed);
    }

    @Test
    void aTiedHeadIsTheEmbedding() {
        checkpoint.config.put("tie_word_embeddings", true); // wins over the head that is stored
        TinyCheckpoint without = TinyCheckpoint.small(64);
        without.values.remove("lm_head.weight");
        without.shapes.remove("lm_head.weight");
        try (CausalLM tied = Models.load(checkpoint, ModelOptions.defaults());
                CausalLM missing = Models.load(without, ModelOptions.defaults())) {
            assertEquals(15, tied.report().schemes().get("F32"));
            assertEquals(15, missing.report().schemes().get("F32"));
        }
    }
}
