package org.djlquant.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantEngineTest {
    @TempDir
    private Path folder;

    @Test
    void djlFindsTheEngineAndKeepsPyTorchAsDefault() {
        Engine engine = Engine.getEngine("Quant");
        assertInstanceOf(QuantEngine.class, engine);
        assertTrue(Engine.getAllEngines().contains("Quant"));
        assertNotEquals("Quant", Engine.getDefaultEngineName());
    }

    @Test
    void arraysAreThoseOfPyTorchWhereItIsPresent() {
        try (NDManager manager = Engine.getEngine("Quant").newBaseManager();
                NDArray sum = manager.create(new float[] {1, 2}).add(1)) {
            assertEquals("PyTorch", manager.getEngine().getEngineName());
            assertEquals(5, sum.sum().getFloat());
        }
    }

    @Test
    void aSeedRepeatsRandomArrays() {
        Engine engine = Engine.getEngine("Quant");
        try (NDManager manager = engine.newBaseManager()) {
            engine.setRandomSeed(11);
            float[] first = manager.randomUniform(0, 1, new Shape(4)).toFloatArray();
            engine.setRandomSeed(11);
            assertArrayEquals(first, manager.randomUniform(0, 1, new Shape(4)).toFloatArray());
        }
    }

    @Test
    void unknownOptionsAreRefusedWithTheKnownOnes() throws Exception {
        Path file = Files.writeString(folder.resolve("x.gguf"), "GGUF");
        String message = loadError(file, Map.of("thread", "2"));
        assertTrue(message.startsWith("unknown option thread"), message);
        assertTrue(message.contains("max_model_len") && message.contains("kv_cache_dtype"), message);
    }

    @Test
    void badOptionValuesNameOptionAndRange() throws Exception {
        Path file = Files.writeString(folder.resolve("x.gguf"), "GGUF");
        assertEquals("option threads must be a whole number from 1 to 1024, found 0", loadError(file, Map.of("threads", "0")));
        assertEquals("option n_ctx must be a whole number of at least 1, found many", loadError(file, Map.of("n_ctx", "many")));
        assertTrue(loadError(file, Map.of("quantize", "Q9")).startsWith("option quantize must be one of Q4_0, "));
        assertTrue(loadError(file, Map.of("kv_cache_dtype", "int3")).startsWith("option kv_cache_dtype must be auto"));
        assertEquals("option activations must be float32 or int8, found int4", loadError(file, Map.of("activations", "int4")));
        assertTrue(loadError(file, Map.of("n_ctx", "1", "max_model_len", "1")).contains("mean the same"));
    }

    @Test
    void optionsOfBitsandbytesThatContradictEachOtherAreNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("x.gguf"), "GGUF");
        assertEquals("options load_in_4bit and load_in_8bit contradict each other, give one of them",
                loadError(file, Map.of("load_in_4bit", "true", "load_in_8bit", "True")));
        assertEquals("options quantize and load_in_8bit contradict each other, give one of them",
                loadError(file, Map.of("quantize", "Q4_0", "load_in_8bit", "true")));
        assertEquals("options load_in_4bit and dynamic_int8 contradict each other, give one of them",
                loadError(file, Map.of("load_in_4bit", "true", "dynamic_int8", "true")));
        assertEquals("option bnb_4bit_quant_type has no effect without load_in_4bit=true",
                loadError(file, Map.of("load_in_4bit", "false", "bnb_4bit_quant_type", "nf4")));
        assertTrue(loadError(file, Map.of("llm_int8_skip_modules", "q_proj")).contains("no effect without load_in_8bit"));
    }

    @Test
    void badValuesOfTheOptionsOfBitsandbytesAreNamed() throws Exception {
        Path file = Files.writeString(folder.resolve("x.gguf"), "GGUF");
        assertEquals("option load_in_4bit must be true or false, found yes", loadError(file, Map.of("load_in_4bit", "yes")));
        assertEquals("option bnb_4bit_quant_type must be nf4 or fp4, found int4",
                loadError(file, Map.of("load_in_4bit", "true", "bnb_4bit_quant_type", "int4")));
        assertEquals("option bnb_4bit_compute_dtype must be one of float32, float16, bfloat16, found int8",
                loadError(file, Map.of("load_in_4bit", "true", "bnb_4bit_compute_dtype", "int8")));
        assertEquals("option llm_int8_threshold must be 0 or a number above 0, found -6",
                loadError(file, Map.of("load_in_8bit", "true", "llm_int8_threshold", "-6")));
    }

    @Test
    void aCorruptCheckpointIsMalformedWithOurMessageFirst() throws Exception {
        Path file = Files.writeString(folder.resolve("x.gguf"), "no model");
        String message = loadError(file, Map.of());
        assertTrue(message.startsWith(file.toString()), message);
    }

    @Test
    void aMissingFileIsNamed() {
        try (Model model = Model.newInstance("m", "Quant")) {
            Path file = folder.resolve("absent.gguf");
            var e = assertThrows(FileNotFoundException.class, () -> model.load(file));
            assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        }
    }

    private static String loadError(Path file, Map<String, String> options) {
        try (Model model = Model.newInstance("m", "Quant")) {
            return assertThrows(MalformedModelException.class, () -> model.load(file, null, options)).getMessage();
        }
    }
}
