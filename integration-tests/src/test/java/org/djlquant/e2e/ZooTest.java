package org.djlquant.e2e;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Application;
import ai.djl.inference.Predictor;
import ai.djl.modality.Input;
import ai.djl.modality.Output;
import ai.djl.modality.nlp.generate.CausalLMOutput;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.zoo.Criteria;
import ai.djl.repository.zoo.ModelLoader;
import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooModel;
import java.io.FileNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.djlquant.engine.QuantModel;
import org.djlquant.translate.ChatInput;
import org.djlquant.translate.ChatOutput;
import org.djlquant.zoo.QuantModelZoo;
import org.djlquant.zoo.ZooEntry;
import org.djlquant.zoo.fetch.DownloadException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way to name a model, all of them without network (Surefire sets DJL_OFFLINE). */
class ZooTest {
    private static final String NAME = "zephyr-tiny";

    /** The order of a vector sum may change when the JVM compiles it. */
    private static final float ROUNDING = 1e-4f;

    private static Criteria.Builder<NDList, NDList> criteria() {
        return Criteria.builder().setTypes(NDList.class, NDList.class);
    }

    private static float[] logits(Criteria<NDList, NDList> criteria) throws Exception {
        try (ZooModel<NDList, NDList> model = criteria.loadModel();
                Predictor<NDList, NDList> predictor = model.newPredictor();
                NDManager manager = model.getNDManager().newSubManager()) {
            assertInstanceOf(QuantModel.class, model.getWrappedModel());
            try (NDArray logits = predictor
                    .predict(new NDList(manager.arange(3, 9, 1, DataType.INT64).reshape(new Shape(1, 6))))
                    .singletonOrThrow()) {
                return logits.toFloatArray();
            }
        }
    }

    @Test
    void everyWayToNameAModelLoadsTheSame() throws Exception {
        Path file = QuantModelZoo.file(NAME).orElseThrow();
        float[] expected = logits(criteria().optModelUrls("djl://org.djlquant/" + NAME).build());
        List<Criteria.Builder<NDList, NDList>> ways = List.of(
                criteria().optModelUrls("djl://org.djlquant/" + NAME + "/0.1.0"),
                criteria().optModelUrls("djl://org.djlquant/" + NAME).optEngine("Quant"),
                criteria().optGroupId("org.djlquant").optArtifactId(NAME),
                criteria().optModelZoo(ModelZoo.getModelZoo("org.djlquant")).optArtifactId(NAME),
                criteria().optModelUrls("quant:" + file),
                criteria().optModelUrls("quant://" + file),
                criteria().optModelUrls("quant:" + file.getParent()),
                criteria().optModelUrls("quant:" + Path.of("").toAbsolutePath().relativize(file)),
                criteria().optModelPath(file).optEngine("Quant"),
                criteria().optModelPath(file.getParent()).optEngine("Quant"),
                criteria().optModelUrls(file.toUri().toString()).optEngine("Quant"));
        for (int i = 0; i < ways.size(); i++) {
            assertArrayEquals(expected, logits(ways.get(i).build()), ROUNDING, "way " + i);
        }
    }

    @Test
    void aNameAnswersEveryTypeWithoutEngineOrTranslator() throws Exception {
        String text = answer(String.class, String.class, "What is the capital of France?");
        assertFalse(text.isBlank());
        ChatOutput chat = answer(ChatInput.class, ChatOutput.class, ChatInput.of("What is the capital of France?"));
        assertEquals(text, chat.text());
        Input json = new Input();
        json.add("data", "{\"messages\": [{\"role\": \"user\", \"content\": \"What is the capital of France?\"}]}");
        Output output = answer(Input.class, Output.class, json);
        assertTrue(output.getData().getAsString().contains("\"choices\""), output.getData().getAsString());
        try (NDManager manager = NDManager.newBaseManager()) {
            NDList ids = new NDList(manager.ones(new Shape(1, 3), DataType.INT64));
            CausalLMOutput step = answer(NDList.class, CausalLMOutput.class, ids);
            assertEquals(new Shape(1, 3, vocabulary()), step.getLogits().getShape());
            assertEquals(3, step.getPastKeyValuesList().get(0).getShape().get(2));
        }
    }

    private static <I, O> O answer(Class<I> in, Class<O> out, I input) throws Exception {
        Criteria<I, O> criteria =
                Criteria.builder().setTypes(in, out).optModelUrls("djl://org.djlquant/" + NAME).build();
        try (ZooModel<I, O> model = criteria.loadModel();
                Predictor<I, O> predictor = model.newPredictor()) {
            return predictor.predict(input);
        }
    }

    @Test
    void aPathWithBlanksIsPercentEncoded(@TempDir Path folder) throws Exception {
        Path spaced = Files.copy(QuantModelZoo.file(NAME).orElseThrow(), folder.resolve("my model.gguf"));
        assertEquals(6 * vocabulary(), logits(criteria().optModelUrls("quant:" + spaced.toUri().getRawPath()).build()).length);
    }

    private static int vocabulary() throws Exception {
        try (ZooModel<NDList, NDList> model = criteria().optModelUrls("djl://org.djlquant/" + NAME).build().loadModel()) {
            return ((QuantModel) model.getWrappedModel()).causalLM().vocabularySize();
        }
    }

    @Test
    void aFolderWithSeveralModelsWantsAName(@TempDir Path folder) throws Exception {
        Path file = QuantModelZoo.file(NAME).orElseThrow();
        Files.copy(file, folder.resolve("a.gguf"));
        Files.copy(file, folder.resolve("b.gguf"));
        String url = "quant:" + folder;
        Exception e = assertThrows(Exception.class, () -> logits(criteria().optModelUrls(url).build()));
        assertTrue(e.getMessage().contains("a.gguf, b.gguf"), e.getMessage());
        float[] expected = logits(criteria().optModelUrls("quant:" + file).build());
        assertArrayEquals(expected, logits(criteria().optModelUrls(url).optOption("file", "b.gguf").build()), ROUNDING);
        Files.writeString(folder.resolve("serving.properties"), "engine=Quant\noption.file=a.gguf\n");
        assertArrayEquals(expected, logits(criteria().optModelPath(folder).build()), ROUNDING);
    }

    @Test
    void anUnpackedModelThatWasDamagedIsReplaced() throws Exception {
        Path file = QuantModelZoo.file(NAME).orElseThrow();
        byte[] good = Files.readAllBytes(file);
        Files.write(file, Arrays.copyOf(good, 1000));
        assertEquals(file, QuantModelZoo.file(NAME).orElseThrow());
        assertArrayEquals(good, Files.readAllBytes(file));
    }

    @Test
    void aMissingFileIsNamed() {
        Criteria<NDList, NDList> criteria = criteria().optModelUrls("quant:absent/model.gguf").build();
        String message = assertThrows(FileNotFoundException.class, criteria::loadModel).getMessage();
        assertTrue(message.startsWith("absent/model.gguf"), message);
    }

    @Test
    void anUnknownNameIsNoModel() {
        assertNull(ModelZoo.getModelZoo("org.djlquant").getModelLoader("zephyr-huge"));
        assertThrows(IllegalArgumentException.class, () -> criteria().optModelUrls("djl://org.djlquant/zephyr-huge"));
    }

    @Test
    void aModelThatIsNotInTheCacheSaysSoOffline() {
        for (String name : List.of("zephyr-7b-beta", "zephyr-7b-beta-gguf")) {
            ZooEntry entry = QuantModelZoo.entries().stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
            String repository = entry.hub().replaceAll("#.*", "");
            Criteria<NDList, NDList> byUrl = criteria().optModelUrls("djl://org.djlquant/" + name).build();
            Criteria<NDList, NDList> byId = criteria().optGroupId("org.djlquant").optArtifactId(name).build();
            for (Criteria<NDList, NDList> criteria : List.of(byUrl, byId)) {
                DownloadException e = assertThrows(DownloadException.class, criteria::loadModel);
                assertEquals(DownloadException.Kind.OFFLINE, e.kind());
                assertTrue(e.getMessage().startsWith(repository + "@main"), e.getMessage());
            }
        }
        Criteria<NDList, NDList> revision = criteria()
                .optModelUrls("djl://org.djlquant/zephyr-7b-beta-gptq")
                .optArgument("revision", "gptq-4bit-32g-actorder_True")
                .build();
        assertTrue(assertThrows(DownloadException.class, revision::loadModel).getMessage().contains("@gptq-4bit-32g"));
    }

    @Test
    void theNamesAreListed() {
        List<String> listed = ModelZoo.getModelZoo("org.djlquant").getModelLoaders().stream()
                .filter(loader -> loader.getApplication() == Application.NLP.TEXT_GENERATION)
                .map(ModelLoader::getArtifactId)
                .sorted()
                .toList();
        assertEquals(QuantModelZoo.entries().stream().map(ZooEntry::name).sorted().toList(), listed);
        assertTrue(listed.containsAll(List.of(NAME, "zephyr-7b-beta", "zephyr-7b-beta-gptq", "zephyr-7b-beta-nf4")));
    }
}
